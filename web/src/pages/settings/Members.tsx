import { useState } from 'preact/hooks'
import { send } from '../../api/client'
import type { Role } from '../../api/session'
import { formatAgo } from '../../formats'
import { Confirm } from '../../parts/Confirm'
import { Dialog } from '../../parts/Dialog'
import { useDraft } from '../../parts/draft'
import { Field, Select } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { ResourceCard } from '../../parts/Resource'
import { Problem } from '../../parts/States'
import type { Column } from '../../parts/Table'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { type Invited, type Member, useChange, useMembers } from './queries'
import { Secret } from './Secret'

const ROLES = ['owner', 'editor', 'viewer'] as const
const roleNames = ROLES.map((role) => [role, strings.settings.roles[role] ?? role] as const)

type Confirming = { what: 'remove' | 'link'; member: Member } | null

/** The members of the account, and their roles. For owners. */
export function Members() {
  const [confirming, setConfirming] = useState<Confirming>(null)
  const [invited, setInvited] = useState<Invited | null>(null)
  const role = useRole()
  const remove = useChange<number, unknown>(
    'members',
    (id) => send('DELETE', `/members/${id}`),
    () => setConfirming(null),
  )
  const link = useChange<number, Invited>(
    'members',
    (id) => send('POST', `/members/${id}/link`),
    (answer) => {
      setConfirming(null)
      setInvited(answer)
    },
  )
  const problem = role.error ?? remove.error ?? link.error
  const closing = () => setConfirming(null)
  return (
    <ResourceCard
      title={strings.settings.members}
      lead={
        <>
          <p class="note">{strings.settings.membersLead}</p>
          {problem && <Problem error={problem} />}
        </>
      }
      query={useMembers()}
      lines={3}
      rowKey={(row) => row.id}
      useColumns={() => useColumns(role, setConfirming)}
      form={{
        label: strings.settings.invite,
        render: (_, close) => (
          <Invite
            onClose={close}
            onInvited={(answer) => {
              close()
              setInvited(answer)
            }}
          />
        ),
      }}
    >
      {confirming?.what === 'remove' && (
        <Confirm
          title={strings.settings.removeMember(confirming.member.email)}
          text={strings.settings.removeMemberSure(confirming.member.name || confirming.member.email)}
          action={strings.settings.removeIt}
          danger
          busy={remove.isPending}
          onConfirm={() => remove.mutate(confirming.member.id, { onError: closing })}
          onClose={closing}
        />
      )}
      {confirming?.what === 'link' && (
        <Confirm
          title={strings.settings.newLinkFor(confirming.member.email)}
          text={strings.settings.newLinkSure(confirming.member.name || confirming.member.email)}
          action={strings.settings.inviteDo}
          busy={link.isPending}
          onConfirm={() => link.mutate(confirming.member.id, { onError: closing })}
          onClose={closing}
        />
      )}
      {invited && (
        <Secret
          title={strings.settings.linkTitle}
          lead={strings.settings.linkLead(
            invited.name || invited.email,
            invited.link_days,
          )}
          label={strings.settings.link}
          text={invited.link}
          onClose={() => setInvited(null)}
        />
      )}
    </ResourceCard>
  )
}

function useRole() {
  return useChange<{ id: number; role: string }, Member>('members', (change) =>
    send('PATCH', `/members/${change.id}`, { role: change.role }),
  )
}

function useColumns(
  role: ReturnType<typeof useRole>,
  onConfirm: (confirming: Confirming) => void,
): Column<Member>[] {
  const { session } = useSigned()
  return [
    {
      title: strings.settings.email,
      cell: (row) => (
        <>
          {row.email} {row.id === session.member.id && <span class="badge">{strings.settings.youTag}</span>}
          {row.name && <p class="note">{row.name}</p>}
        </>
      ),
    },
    {
      title: strings.settings.role,
      cell: (row) => (
        <Select
          // A refused choice falls back to what the server has.
          key={`${row.role} ${role.failureCount}`}
          label={strings.settings.roleOf(row.email)}
          bare
          value={row.role}
          options={roleNames}
          onValue={(picked) => role.mutate({ id: row.id, role: picked })}
        />
      ),
    },
    {
      title: strings.settings.lastSeen,
      wideOnly: true,
      cell: (row) =>
        row.joined ? (
          row.last_seen_at ? formatAgo(row.last_seen_at) : strings.settings.never
        ) : (
          <span class="badge warn">{strings.settings.notJoined}</span>
        ),
    },
    {
      title: strings.settings.actions,
      cell: (row) => (
        <div class="row tight">
          <button
            type="button"
            class="small"
            aria-label={strings.settings.newLinkFor(row.email)}
            onClick={() => onConfirm({ what: 'link', member: row })}
          >
            {strings.settings.newLink}
          </button>
          <button
            type="button"
            class="quiet small"
            aria-label={strings.settings.removeMember(row.email)}
            onClick={() => onConfirm({ what: 'remove', member: row })}
          >
            {strings.settings.removeIt}
          </button>
        </div>
      ),
    },
  ]
}

function Invite(props: { onInvited: (invited: Invited) => void; onClose: () => void }) {
  const { values, set, unsaved } = useDraft({ email: '', name: '', role: 'viewer' as Role })
  const invite = useChange<object, Invited>(
    'members',
    (body) => send('POST', '/members', body),
    props.onInvited,
  )
  return (
    <Dialog title={strings.settings.invite} onClose={props.onClose}>
      <Form
        unsaved={unsaved}
        onSubmit={() => {
          invite.mutate(values)
        }}
      >
        {invite.error && <Problem error={invite.error} />}
        <Field
          label={strings.settings.email}
          type="email"
          required
          autocomplete="off"
          value={values.email}
          onValue={(email) => set({ email })}
        />
        <Field
          label={strings.settings.name}
          autocomplete="off"
          value={values.name}
          onValue={(name) => set({ name })}
        />
        <Select
          label={strings.settings.role}
          value={values.role}
          options={ROLES.map(
            (one) =>
              [one, `${strings.settings.roles[one]}: ${strings.settings.roleSays[one]}`] as const,
          )}
          onValue={(role) => set({ role: role as Role })}
        />
        <footer class="dialog-foot">
          <button type="submit" class="primary" disabled={invite.isPending}>
            {strings.settings.inviteDo}
          </button>
        </footer>
      </Form>
    </Dialog>
  )
}
