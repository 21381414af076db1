import { useMutation } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { answered, vantio } from '../../api/client'
import { formatMoment, formatMoney } from '../../formats'
import { Command } from '../../parts/Copy'
import { FormDialog } from '../../parts/Dialog'
import { useDraft } from '../../parts/draft'
import { Field, Select } from '../../parts/Field'
import { Card } from '../../parts/Page'
import { More } from '../../parts/Paged'
import { Answer, Empty, Problem } from '../../parts/States'
import { Table } from '../../parts/Table'
import type { Call } from '../../shell'
import { useRange } from '../../state/range'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import {
  type Earning,
  type Program,
  useEarnings,
  useReferralNames,
  useRefresh,
} from './questions'

const texts = strings.programmes
/** Which status may follow. */
const MOVES: Record<string, string[]> = {
  pending: ['processing'],
  processing: ['paid', 'failed'],
  failed: ['processing'],
}
const TONES: Record<string, string> = { processing: 'warn', paid: 'good', failed: 'bad' }

function useMove() {
  const refresh = useRefresh()
  return useMutation({
    mutationFn: async ({ id, status }: { id: string; status: string }) => {
      const params = { path: { id } }
      await answered(vantio.PUT('/api/v1/earnings/{id}', { params, body: { status } }))
      await refresh()
    },
  })
}

export function Earnings(props: { program: Program }) {
  const [status, setStatus] = useState('')
  const earnings = useEarnings(props.program.id, status)
  const [paying, setPaying] = useState<Earning | null>(null)
  return (
    <Card
      title={texts.earnings}
      actions={
        <Select
          label={texts.status}
          bare
          value={status}
          options={[['', texts.anyStatus], ...Object.entries(texts.earningStatuses)]}
          onValue={setStatus}
        />
      }
    >
      <Answer of={earnings} lines={8}>
        {(rows) =>
          rows.length === 0 ? (
            <Nothing filtered={status !== ''} program={props.program} />
          ) : (
            <>
              <List program={props.program} rows={rows} onPay={setPaying} />
              <p class="note">{texts.oldestFirstInDays}</p>
              <More of={earnings} />
            </>
          )
        }
      </Answer>
      {paying && <PayForm earning={paying} onClose={() => setPaying(null)} />}
    </Card>
  )
}

function List(props: { program: Program; rows: Earning[]; onPay: (earning: Earning) => void }) {
  const move = useMove()
  const { mayWrite } = useSigned()
  const [{ zone }] = useRange()
  const names = useReferralNames(
    props.program.id,
    props.rows.map((row) => row.referral_id),
  )
  const nameFor = (row: Earning) => names.get(row.referral_id) ?? row.referral_id
  const actions = {
    title: texts.actions,
    cell: (row: Earning) => (
      <span class="acts">
        {(MOVES[row.status] ?? []).map((status) => (
          <button
            key={status}
            type="button"
            class="small"
            disabled={move.isPending}
            aria-label={texts.moveOf(texts.earningMoves[status] ?? status, nameFor(row))}
            onClick={() =>
              status === 'paid' ? props.onPay(row) : move.mutate({ id: row.id, status })
            }
          >
            {texts.earningMoves[status]}
          </button>
        ))}
        {row.reference_id && <span class="note">{row.reference_id}</span>}
      </span>
    ),
  }
  return (
    <>
      {move.error && <Problem error={move.error} />}
      <Table
        name={texts.earnings}
        rows={props.rows}
        stacks
        rowKey={(row) => row.id}
        columns={[
          {
            title: texts.forReferral,
            cell: (row) => (
              <>
                {nameFor(row)}
                <span class="under">{row.description || row.type || ''}</span>
              </>
            ),
          },
          {
            title: texts.amount,
            number: true,
            cell: (row) => formatMoney(row.amount, row.currency),
          },
          {
            title: texts.status,
            cell: (row) => (
              <span class={`badge ${TONES[row.status] ?? ''}`}>
                {texts.earningStatuses[row.status] ?? row.status}
              </span>
            ),
          },
          {
            title: texts.created,
            wideOnly: true,
            cell: (row) => formatMoment(row.created_at, zone),
          },
          ...(mayWrite ? [actions] : []),
        ]}
      />
    </>
  )
}

/** The money moves elsewhere; its number is kept here. */
function PayForm(props: { earning: Earning; onClose: () => void }) {
  const { earning } = props
  const { values, set, unsaved } = useDraft({ reference: '' })
  const refresh = useRefresh()
  async function submit() {
    const params = { path: { id: earning.id } }
    const body = { status: 'paid', reference_id: values.reference || null }
    await answered(vantio.PUT('/api/v1/earnings/{id}', { params, body }))
    await refresh()
  }
  return (
    <FormDialog
      title={texts.payTitle(formatMoney(earning.amount, earning.currency))}
      action={texts.earningMoves['paid'] ?? ''}
      unsaved={unsaved}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <p>{texts.payLead}</p>
      <Field
        label={texts.reference}
        maxLength={255}
        value={values.reference}
        onValue={(reference) => set({ reference })}
      />
    </FormDialog>
  )
}

function Nothing(props: { filtered: boolean; program: Program }) {
  if (props.filtered) return <Empty title={texts.earningsNone} />
  const call: Call = {
    path: '/api/v1/earnings',
    body: {
      referral_id: 'ref_…',
      amount: 1250,
      currency: props.program.currency,
      type: 'purchase',
    },
  }
  return (
    <Empty title={texts.earningsEmpty}>
      <p>{texts.earningsEmptyText}</p>
      <Command call={call} />
      <p>
        <Link href={`/programmes/${props.program.id}?tab=referrals`}>{texts.toReferrals}</Link>
      </p>
    </Empty>
  )
}
