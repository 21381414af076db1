import { Pencil, Plus } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { answered, vantio } from '../../api/client'
import { formatCount } from '../../formats'
import { Command } from '../../parts/Copy'
import { FormDialog } from '../../parts/Dialog'
import { useDraft } from '../../parts/draft'
import { Field } from '../../parts/Field'
import { Card } from '../../parts/Page'
import { More } from '../../parts/Paged'
import { Answer, Empty } from '../../parts/States'
import { Conflicts } from '../../parts/Stale'
import { Table } from '../../parts/Table'
import type { Call } from '../../shell'
import { useSigned } from '../../state/session'
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
} from './questions'

const texts = strings.programmes
const LABELS = { first_name: texts.firstName, last_name: texts.lastName, email: texts.email }

export function Ambassadors(props: { program: Program }) {
  const users = useUsers(props.program.id)
  const { mayWrite } = useSigned()
  const [open, setOpen] = useState<User | 'new' | null>(null)
  return (
    <Card
      title={texts.ambassadors}
      actions={
        mayWrite && (
          <button type="button" class="primary" onClick={() => setOpen('new')}>
            <Plus size={16} aria-hidden="true" /> {texts.makeAmbassador}
          </button>
        )
      }
    >
      <Answer of={users} lines={8}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={texts.ambassadorsEmpty}>
              <p>{texts.ambassadorsEmptyText}</p>
              <p>{texts.orCurl}</p>
              <Command call={exampleOf(props.program.id)} />
            </Empty>
          ) : (
            <>
              <List program={props.program} rows={rows} onEdit={mayWrite ? setOpen : null} />
              <More of={users} />
            </>
          )
        }
      </Answer>
      {open !== null && (
        <AmbassadorForm
          program={props.program}
          user={open === 'new' ? null : open}
          onClose={() => setOpen(null)}
        />
      )}
    </Card>
  )
}

function exampleOf(programId: string): Call {
  return {
    path: '/api/v1/users',
    body: {
      program_id: programId,
      first_name: 'Sam',
      last_name: 'Lee',
      email: 'sam@example.edu',
    },
  }
}

function List(props: { program: Program; rows: User[]; onEdit: ((user: User) => void) | null }) {
  const { id } = props.program
  const countOf = useCounts('ambassador', { program: id })
  const stages = byId(useFunnel('student', id).data?.groups)
  const { onEdit } = props
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
  return (
    <Table
      name={texts.ambassadors}
      rows={props.rows}
      rowKey={(row) => row.id}
      columns={[
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
      ]}
    />
  )
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
