import { useMutation, useQuery } from '@tanstack/preact-query'
import { Plus } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { answered, vantio } from '../../api/client'
import { Command } from '../../parts/Copy'
import { Card, Page } from '../../parts/Page'
import { Answer, Empty, Problem } from '../../parts/States'
import { Table } from '../../parts/Table'
import type { Call } from '../../shell'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { Deliveries } from './Deliveries'
import { type Webhook, useRefresh } from './questions'
import { DeleteWebhook, MakeWebhook, NewSecret, Secret } from './WebhookForms'

const texts = strings.programmes

type Open =
  | { what: 'make' }
  | { what: 'secret'; secret: string }
  | { what: 'deliveries' | 'rotate' | 'delete'; webhook: Webhook }
  | null

/** Who is told of referrals and earnings. */
export default function Webhooks() {
  const webhooks = useQuery({
    queryKey: ['vantio', 'webhooks'],
    queryFn: async ({ signal }) =>
      (await answered(vantio.GET('/api/v1/webhooks', { signal }))).webhooks,
  })
  const { mayWrite } = useSigned()
  const [open, setOpen] = useState<Open>(null)
  const close = () => setOpen(null)
  const tell = (secret: string) => setOpen({ what: 'secret', secret })
  return (
    <Page
      title={texts.webhooks}
      lead={texts.webhooksLead}
      actions={
        <>
          <Link href="/programmes" class="button">
            {texts.toList}
          </Link>
          {mayWrite && (
            <button type="button" class="primary" onClick={() => setOpen({ what: 'make' })}>
              <Plus size={16} aria-hidden="true" /> {texts.makeWebhook}
            </button>
          )}
        </>
      }
    >
      <Card>
        <Answer of={webhooks} lines={5}>
          {(rows) => (rows.length === 0 ? <Nothing /> : <List rows={rows} onOpen={setOpen} />)}
        </Answer>
      </Card>
      {open?.what === 'make' && <MakeWebhook onClose={close} onMade={tell} />}
      {open?.what === 'secret' && <Secret secret={open.secret} onClose={close} />}
      {open?.what === 'deliveries' && <Deliveries webhook={open.webhook} onClose={close} />}
      {open?.what === 'rotate' && (
        <NewSecret webhook={open.webhook} onClose={close} onMade={tell} />
      )}
      {open?.what === 'delete' && <DeleteWebhook webhook={open.webhook} onClose={close} />}
    </Page>
  )
}

function List(props: { rows: Webhook[]; onOpen: (open: Open) => void }) {
  const refresh = useRefresh()
  const turn = useMutation({
    mutationFn: async (webhook: Webhook) => {
      const params = { path: { id: webhook.id } }
      const body = { enabled: !webhook.enabled }
      await answered(vantio.PUT('/api/v1/webhooks/{id}', { params, body }))
      await refresh()
    },
  })
  return (
    <>
      {turn.error && <Problem error={turn.error} />}
      <Table
        name={texts.webhooks}
        rows={props.rows}
        stacks
        rowKey={(row) => row.id}
        columns={[
          {
            title: texts.url,
            cell: (row) => (
              <>
                <span class="wraps">{row.url}</span>
                <span class="under">
                  {row.events.map((one) => texts.eventNames[one] ?? one).join(', ')}
                </span>
              </>
            ),
          },
          {
            title: texts.status,
            cell: (row) => (
              <>
                <span class={row.enabled ? 'badge good' : 'badge'}>
                  {row.enabled ? texts.enabled : texts.disabled}
                </span>
                {row.disabled_reason && <p class="hint">{row.disabled_reason}</p>}
              </>
            ),
          },
          {
            title: texts.actions,
            cell: (row) => (
              <Actions
                webhook={row}
                turning={turn.isPending}
                onTurn={() => turn.mutate(row)}
                onOpen={props.onOpen}
              />
            ),
          },
        ]}
      />
    </>
  )
}

function Actions(props: {
  webhook: Webhook
  turning: boolean
  onTurn: () => void
  onOpen: (open: Open) => void
}) {
  const { webhook, onOpen } = props
  const { mayWrite } = useSigned()
  return (
    <span class="acts">
      <button
        type="button"
        class="small"
        aria-label={texts.deliveriesOf(webhook.url)}
        onClick={() => onOpen({ what: 'deliveries', webhook })}
      >
        {texts.deliveries}
      </button>
      {mayWrite && (
        <>
          <button
            type="button"
            class="quiet small"
            aria-label={texts.moveOf(webhook.enabled ? texts.turnOff : texts.turnOn, webhook.url)}
            disabled={props.turning}
            onClick={props.onTurn}
          >
            {webhook.enabled ? texts.turnOff : texts.turnOn}
          </button>
          <button
            type="button"
            class="quiet small"
            aria-label={texts.moveOf(texts.newSecret, webhook.url)}
            onClick={() => onOpen({ what: 'rotate', webhook })}
          >
            {texts.newSecret}
          </button>
          <button
            type="button"
            class="quiet small"
            aria-label={texts.moveOf(texts.deleteWebhook, webhook.url)}
            onClick={() => onOpen({ what: 'delete', webhook })}
          >
            {strings.common.remove}
          </button>
        </>
      )}
    </span>
  )
}

function Nothing() {
  const call: Call = {
    path: '/api/v1/webhooks',
    body: { url: 'https://example.org/hook', events: ['referral.created'] },
  }
  return (
    <Empty title={texts.webhooksEmpty}>
      <p>{texts.webhooksEmptyText}</p>
      <Command call={call} />
    </Empty>
  )
}
