import { Pencil } from 'lucide-preact'
import { answered, vantio } from '../../api/client'
import { formatCount } from '../../formats'
import { FormDialog } from '../../parts/Dialog'
import { useDraft } from '../../parts/draft'
import { Field } from '../../parts/Field'
import { ResourceCard } from '../../parts/Resource'
import { Conflicts } from '../../parts/Stale'
import type { Column } from '../../parts/Table'
import { strings } from '../../strings'
import { Counted } from './Counted'
import {
  amountsText,
  byId,
  nameOf,
  type Program,
  type User,
  useCounts,
  useFunnel,
  useRefresh,
  useUsers,
} from './queries'

const texts = strings.programmes
const LABELS = { first_name: texts.firstName, last_name: texts.lastName, email: texts.email }

export function Ambassadors(props: { program: Program }) {
  const { program } = props
  return (
    <ResourceCard
      title={texts.ambassadors}
      query={useUsers(program.id)}
      lines={8}
      rowKey={(row) => row.id}
      useColumns={(_, onEdit) => useColumns(program.id, onEdit)}
      form={{
        label: texts.makeAmbassador,
        render: (user, close) => <AmbassadorForm program={program} user={user} onClose={close} />,
      }}
      empty={{
        title: texts.ambassadorsEmpty,
        text: texts.ambassadorsEmptyText,
        curlLead: texts.orCurl,
        curl: {
          path: '/api/v1/users',
          body: {
            program_id: program.id,
            first_name: 'Sam',
            last_name: 'Lee',
            email: 'sam@example.edu',
          },
        },
      }}
    />
  )
}

function useColumns(id: string, onEdit?: (user: User) => void): Column<User>[] {
  const countOf = useCounts('ambassador', { program: id })
  const stages = byId(useFunnel('student', id).data?.groups)
  const edit = {
    title: texts.actions,
    cell: (row: User) => (
      <button
        type="button"
        class="quiet small"
        aria-label={`${texts.editAmbassador}: ${nameOf(row)}`}
        onClick={() => onEdit?.(row)}
      >
        <Pencil size={14} aria-hidden="true" />
      </button>
    ),
  }
  return [
    {
      title: texts.name,
      cell: (row) => (
        <>
          {nameOf(row)}
          <span class="under">{row.email}</span>
        </>
      ),
    },
    {
      title: texts.impressions,
      number: true,
      cell: (row) => (
        <Counted
          value={countOf(row.id)}
          filters={{ source: 'vantio', program: id, ambassador: row.id }}
          of={texts.scansOf(nameOf(row))}
        />
      ),
    },
    {
      title: texts.referrals,
      number: true,
      wideOnly: true,
      cell: (row) => formatCount(stages.get(row.id)?.referrals ?? 0),
    },
    {
      title: texts.converted,
      number: true,
      wideOnly: true,
      cell: (row) => formatCount(stages.get(row.id)?.converted ?? 0),
    },
    {
      title: texts.earned,
      number: true,
      cell: (row) => amountsText(stages.get(row.id)?.earnings?.amounts) || '–',
    },
    ...(onEdit ? [edit] : []),
  ]
}

function AmbassadorForm(props: { program: Program; user: User | null; onClose: () => void }) {
  const { user } = props
  const { values, changed, conflicts, set, unsaved } = useDraft({
    first_name: user?.first_name ?? '',
    last_name: user?.last_name ?? '',
    email: user?.email ?? '',
  })
  const refresh = useRefresh()
  async function submit() {
    if (!user) {
      const body = { ...values, program_id: props.program.id }
      await answered(vantio.POST('/api/v1/users', { body }))
    } else if (Object.keys(changed).length > 0) {
      const params = { path: { id: user.id } }
      await answered(vantio.PUT('/api/v1/users/{id}', { params, body: changed }))
    }
    await refresh()
  }
  return (
    <FormDialog
      title={user ? texts.editAmbassador : texts.makeAmbassador}
      action={user ? strings.common.save : texts.create}
      unsaved={unsaved}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <div class="fields">
        <Field
          label={texts.firstName}
          required
          maxLength={200}
          value={values.first_name}
          onValue={(first_name) => set({ first_name })}
        />
        <Field
          label={texts.lastName}
          required
          maxLength={200}
          value={values.last_name}
          onValue={(last_name) => set({ last_name })}
        />
      </div>
      <Field
        label={texts.email}
        type="email"
        required
        value={values.email}
        onValue={(email) => set({ email })}
      />
      <Conflicts names={conflicts.map((one) => LABELS[one])} />
    </FormDialog>
  )
}
