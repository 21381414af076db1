import { useMutation, useQuery } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { answered, vantio } from '../../api/client'
import { ResourcePage } from '../../parts/Resource'
import { Problem } from '../../parts/States'
import type { Column } from '../../parts/Table'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { Deliveries } from './Deliveries'
import { type Webhook, useRefresh } from './queries'
import { DeleteWebhook, MakeWebhook, NewSecret, Secret } from './WebhookForms'

const texts = strings.programmes

type Open =
  | { what: 'secret'; secret: string }
  | { what: 'deliveries' | 'rotate' | 'delete'; webhook: Webhook }
  | null

/** Addresses that receive messages about referrals and earnings. */
export default function Webhooks() {
  const webhooks = useQuery({
    queryKey: ['vantio', 'webhooks'],
    queryFn: async ({ signal }) =>
      (await answered(vantio.GET('/api/v1/webhooks', { signal }))).webhooks,
  })
  const [open, setOpen] = useState<Open>(null)
  const close = () => setOpen(null)
  const showSecret = (secret: string) => setOpen({ what: 'secret', secret })
  const turn = useTurn()
  return (
    <ResourcePage
      title={texts.webhooks}
      lead={texts.webhooksLead}
      query={webhooks}
      lines={5}
      rowKey={(row) => row.id}
      useColumns={() => columnsOf(turn, setOpen)}
      stacks
      form={{
        label: texts.makeWebhook,
        render: (_, shut) => (
          <MakeWebhook
            onClose={shut}
            onCreated={(secret) => {
              shut()
              showSecret(secret)
            }}
          />
        ),
      }}
      empty={{
        title: texts.webhooksEmpty,
        text: texts.webhooksEmptyText,
        curl: {
          path: '/api/v1/webhooks',
          body: { url: 'https://example.org/hook', events: ['referral.created'] },
        },
      }}
      above={() => turn.error && <Problem error={turn.error} />}
      actions={
        <Link href="/programmes" class="button">
          {texts.toList}
        </Link>
      }
    >
      {open?.what === 'secret' && <Secret secret={open.secret} onClose={close} />}
      {open?.what === 'deliveries' && <Deliveries webhook={open.webhook} onClose={close} />}
      {open?.what === 'rotate' && (
        <NewSecret webhook={open.webhook} onClose={close} onCreated={showSecret} />
      )}
      {open?.what === 'delete' && <DeleteWebhook webhook={open.webhook} onClose={close} />}
    </ResourcePage>
  )
}

/** Turns a webhook on or off. */
function useTurn() {
  const refresh = useRefresh()
  return useMutation({
    mutationFn: async (webhook: Webhook) => {
      const params = { path: { id: webhook.id } }
      const body = { enabled: !webhook.enabled }
      await answered(vantio.PUT('/api/v1/webhooks/{id}', { params, body }))
      await refresh()
    },
  })
}

function columnsOf(
  turn: ReturnType<typeof useTurn>,
  onOpen: (open: Open) => void,
): Column<Webhook>[] {
  return [
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
          onOpen={onOpen}
        />
      ),
    },
  ]
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
    <span class="row tight">
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
