import { useState } from 'preact/hooks'
import { send } from '../../api/client'
import { server } from '../../api/server'
import { formatAgo, formatDay } from '../../formats'
import { Confirm } from '../../parts/Confirm'
import { Dialog } from '../../parts/Dialog'
import { useDraft } from '../../parts/draft'
import { Checkbox, Field, Select } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { ResourceCard } from '../../parts/Resource'
import { Problem } from '../../parts/States'
import type { Column } from '../../parts/Table'
import { type Call, curl } from '../../shell'
import { strings } from '../../strings'
import { type Key, useChange, useKeys } from './queries'
import { Secret } from './Secret'

interface Created extends Key {
  secret: string
}

const SCOPES = ['read', 'write', 'capture', 'admin'] as const
const DAY = 86_400_000

/** Keys for programs. For owners. */
export function Keys() {
  const keys = useKeys()
  const [created, setCreated] = useState<Created | null>(null)
  const [revoking, setRevoking] = useState<Key | null>(null)
  const [ended, setEnded] = useState(false)
  const closing = () => setRevoking(null)
  const revoke = useChange<number, Key>('keys', (id) => send('DELETE', `/keys/${id}`), closing)
  const unusable = keys.data?.filter((one) => !one.usable).length ?? 0
  return (
    <ResourceCard
      title={strings.settings.keys}
      lead={
        <>
          <p class="note">{strings.settings.keysLead}</p>
          {revoke.error && <Problem error={revoke.error} />}
        </>
      }
      query={{ ...keys, data: keys.data?.filter((one) => ended || one.usable) }}
      lines={3}
      rowKey={(row) => row.id}
      useColumns={() => columns(setRevoking)}
      form={{
        label: strings.settings.makeKey,
        render: (_, close) => (
          <Make
            onClose={close}
            onCreated={(key) => {
              close()
              setCreated(key)
            }}
          />
        ),
      }}
      foot={
        unusable > 0 && (
          <Checkbox
            label={strings.settings.showRevoked(unusable)}
            checked={ended}
            onChecked={setEnded}
          />
        )
      }
    >
      {created && (
        <Secret
          title={strings.settings.keyTitle}
          lead={strings.settings.keyLead}
          label={strings.settings.key}
          text={created.secret}
          curl={curlFor(created)}
          onClose={() => setCreated(null)}
        />
      )}
      {revoking && (
        <Confirm
          title={strings.settings.revokeOf(revoking.name)}
          text={strings.settings.revokeSure(revoking.name)}
          action={strings.settings.revoke}
          danger
          busy={revoke.isPending}
          onConfirm={() => revoke.mutate(revoking.id, { onError: closing })}
          onClose={closing}
        />
      )}
    </ResourceCard>
  )
}

/** Something that the key may do. */
function curlFor(created: Created): string {
  const may = (scope: string) => created.scopes.includes(scope)
  const call: Call =
    may('read') || may('admin')
      ? { path: '/events?limit=1' }
      : may('capture')
        ? { path: '/events', body: [{ kind: 'scan' }] }
        : { path: '/key' }
  return curl(call, server, created.secret)
}

function columns(onRevoke: (key: Key) => void): Column<Key>[] {
  return [
    {
      title: strings.settings.keyName,
      cell: (row) => (
        <>
          {row.name}{' '}
          <p class="note">
            {row.scopes.map((one) => strings.settings.scopeShort[one]).join(', ')}
            {row.creations_per_hour && ` · ${strings.settings.creationsOf(row.creations_per_hour)}`}
          </p>
        </>
      ),
    },
    { title: strings.settings.begins, wideOnly: true, cell: (row) => <code>{row.begins}…</code> },
    {
      title: strings.settings.lastUsed,
      cell: (row) => (row.last_used_at ? formatAgo(row.last_used_at) : strings.settings.never),
    },
    {
      title: strings.settings.ends,
      wideOnly: true,
      cell: (row) => (row.expires_at ? formatDay(row.expires_at) : strings.settings.never),
    },
    {
      title: strings.settings.actions,
      cell: (row) =>
        row.usable ? (
          <button
            type="button"
            class="quiet small"
            aria-label={strings.settings.revokeOf(row.name)}
            onClick={() => onRevoke(row)}
          >
            {strings.settings.revoke}
          </button>
        ) : (
          <span class="badge">
            {row.revoked_at ? strings.settings.states['revoked'] : strings.settings.states['expired']}
          </span>
        ),
    },
  ]
}

function Make(props: { onCreated: (created: Created) => void; onClose: () => void }) {
  const { values, set, unsaved } = useDraft({ name: '', scopes: ['read'], days: '', creations: '' })
  const { name, scopes, days, creations } = values
  // One moment for all attempts: they are one request.
  const [begun] = useState(Date.now)
  const make = useChange<object, Created>('keys', (body) => send('POST', '/keys', body), props.onCreated)
  return (
    <Dialog title={strings.settings.makeKey} onClose={props.onClose}>
      <Form
        unsaved={unsaved}
        onSubmit={() => {
          if (scopes.length === 0) return
          const expires_at = days ? new Date(begun + Number(days) * DAY).toISOString() : null
          const creations_per_hour = creations ? Number(creations) : null
          make.mutate({ name: name.trim(), scopes, expires_at, creations_per_hour })
        }}
      >
        {make.error && <Problem error={make.error} />}
        <Field
          label={strings.settings.keyName}
          required
          maxLength={200}
          autocomplete="off"
          hint={strings.settings.keyNameHint}
          value={name}
          onValue={(name) => set({ name })}
        />
        <fieldset>
          <legend>{strings.settings.scopes}</legend>
          {SCOPES.map((scope) => (
            <Checkbox
              key={scope}
              label={strings.settings.scopeNames[scope]}
              checked={scopes.includes(scope)}
              onChecked={(chosen) =>
                set({
                  scopes: chosen ? [...scopes, scope] : scopes.filter((one) => one !== scope),
                })
              }
            />
          ))}
          {scopes.length === 0 && <p class="note error">{strings.settings.needsScope}</p>}
        </fieldset>
        <Select
          label={strings.settings.expiry}
          value={days}
          options={['', '30', '90', '365'].map(
            (one) => [one, strings.settings.expiries[one] ?? one] as const,
          )}
          onValue={(days) => set({ days })}
        />
        <Field
          label={strings.settings.creations}
          type="number"
          min={1}
          max={1_000_000_000}
          hint={strings.settings.creationsHint}
          value={creations}
          onValue={(creations) => set({ creations })}
        />
        <footer class="dialog-foot">
          <button type="submit" class="primary" disabled={make.isPending}>
            {strings.settings.makeKeyDo}
          </button>
        </footer>
      </Form>
    </Dialog>
  )
}
