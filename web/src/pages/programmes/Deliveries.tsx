import { useMutation } from '@tanstack/preact-query'
import { answered, vantio } from '../../api/client'
import type { components } from '../../api/types/vantio'
import { formatAgo, formatCount, formatMoment } from '../../formats'
import { Dialog } from '../../parts/Dialog'
import { More, usePaged } from '../../parts/Paged'
import { Answer, Problem } from '../../parts/States'
import { Table } from '../../parts/Table'
import { useRange } from '../../state/range'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { useRefresh, type Webhook } from './queries'

const texts = strings.programmes
const LIMIT = 50

type Sent = components['schemas']['Sent']

/** What was sent to a webhook and what came of it. */
export function Deliveries(props: { webhook: Webhook; onClose: () => void }) {
  const { id, url } = props.webhook
  const sent = usePaged<Sent>(['vantio', 'deliveries', id], async (cursor, signal) => {
    const query = { limit: LIMIT, ...(cursor ? { cursor: Number(cursor) } : {}) }
    const params = { path: { id }, query }
    const call = vantio.GET('/api/v1/webhooks/{id}/deliveries', { params, signal })
    const rows = (await answered(call)).deliveries
    return { rows, next: rows.length === LIMIT ? String(rows.at(-1)?.number) : null }
  })
  return (
    <Dialog title={texts.deliveriesOf(url)} onClose={props.onClose} wide>
      <Answer of={sent} lines={6}>
        {(rows) =>
          rows.length === 0 ? (
            <p>{texts.deliveriesEmpty}</p>
          ) : (
            <>
              <List webhook={id} rows={rows} />
              <More of={sent} />
            </>
          )
        }
      </Answer>
    </Dialog>
  )
}

function List(props: { webhook: string; rows: Sent[] }) {
  const refresh = useRefresh()
  const { mayWrite } = useSigned()
  const [{ zone }] = useRange()
  const replay = useMutation({
    mutationFn: async (sent: number) => {
      const params = { path: { id: props.webhook, number: String(sent) } }
      await answered(vantio.POST('/api/v1/webhooks/{id}/deliveries/{number}/replay', { params }))
      await refresh()
    },
  })
  const again = {
    title: texts.actions,
    cell: (row: Sent) => (
      <button
        type="button"
        class="small"
        disabled={replay.isPending}
        aria-label={texts.moveOf(texts.replay, row.message_id)}
        onClick={() => replay.mutate(row.number)}
      >
        {texts.replay}
      </button>
    ),
  }
  return (
    <>
      {replay.error && <Problem error={replay.error} />}
      {replay.isSuccess && (
        <p class="note" role="status">
          {texts.replayed}
        </p>
      )}
      <Table
        name={texts.deliveries}
        rows={props.rows}
        stacks
        rowKey={(row) => row.number}
        columns={[
          {
            title: texts.message,
            cell: (row) => (
              <>
                {texts.eventNames[row.event] ?? row.event}
                <span class="under">{formatMoment(row.created_at, zone, true)}</span>
              </>
            ),
          },
          { title: texts.outcome, cell: (row) => <Outcome sent={row} /> },
          {
            title: texts.attempts,
            number: true,
            wideOnly: true,
            cell: (row) => formatCount(row.attempts),
          },
          ...(mayWrite ? [again] : []),
        ]}
      />
    </>
  )
}

function Outcome(props: { sent: Sent }) {
  const { delivered, response_status, problem, next_attempt_at, ended_at } = props.sent
  if (delivered) return <span class="badge good">{texts.delivered(response_status)}</span>
  const why = problem ?? (response_status === null ? '' : texts.answeredWith(response_status))
  return (
    <>
      <span class={ended_at ? 'badge bad' : 'badge warn'}>
        {ended_at
          ? texts.givenUp
          : next_attempt_at && props.sent.attempts > 0
            ? texts.waiting(formatAgo(next_attempt_at))
            : texts.waits}
      </span>
      <span class="under">{why}</span>
    </>
  )
}
