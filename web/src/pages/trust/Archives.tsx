import { useMutation, useQuery, useQueryClient } from '@tanstack/preact-query'
import { useEffect, useState } from 'preact/hooks'
import { answered, native } from '../../api/client'
import type { components } from '../../api/types/native'
import { formatBytes, formatCount } from '../../formats'
import { Confirm } from '../../parts/Confirm'
import { useDraft } from '../../parts/draft'
import { Checkbox, Field, Select } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { Card } from '../../parts/Page'
import { ResourceCard } from '../../parts/Resource'
import { Problem } from '../../parts/States'
import type { Column } from '../../parts/Table'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { Deletions } from './Deletions'

type ArchiveFile = components['schemas']['ArchivedFile']
type AgeBy = 'received_at' | 'occurred_at'

const texts = strings.trust
const ENDED = new Set(['done', 'failed'])

export function Archives() {
  const { mayAdmin } = useSigned()
  const archives = useQuery({
    queryKey: ['archives'],
    queryFn: async () => (await answered(native.GET('/archives'))).files,
    enabled: mayAdmin,
  })
  if (!mayAdmin) return <Card>{texts.ownersOnly}</Card>
  return (
    <>
      <ResourceCard
        title={texts.archives}
        lead={
          <>
            <p class="lead">{texts.archivesLead}</p>
            <ArchiveForm />
          </>
        }
        query={archives}
        lines={3}
        limit={12}
        rowKey={(file) => file.file}
        useColumns={columnsOf}
        empty={texts.noArchives}
      />
      <Deletions />
    </>
  )
}

function columnsOf(): Column<ArchiveFile>[] {
  const { archiveColumns: columns } = texts
  return [
    { title: columns.month, cell: (file) => file.month },
    { title: columns.rows, cell: (file) => formatCount(file.rows), number: true },
    { title: columns.bytes, cell: (file) => formatBytes(file.bytes), number: true },
    {
      title: columns.removed,
      cell: (file) => (file.raw_removed ? texts.rawRemoved : texts.rawKept),
    },
    {
      title: columns.hash,
      cell: (file) => <code>{file.sha256.slice(0, 16)}…</code>,
      wideOnly: true,
    },
  ]
}

function ArchiveForm() {
  const queries = useQueryClient()
  const draft = useDraft({
    before: new Date().toISOString().slice(0, 7),
    ageBy: 'received_at' as AgeBy,
    remove: false,
  })
  const { before, ageBy, remove } = draft.values
  const [confirming, setConfirming] = useState(false)
  const write = useMutation({
    mutationFn: () =>
      answered(native.POST('/archives', { body: { before, age_by: ageBy, remove } })),
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ['archives'] }),
        queries.invalidateQueries({ queryKey: ['deletions'] }),
      ]),
  })
  function change(changed: Partial<typeof draft.values>) {
    write.reset()
    draft.set(changed)
  }
  return (
    <Form
      class="row"
      unsaved={() => draft.unsaved() && !write.isSuccess}
      onSubmit={() => {
        if (remove) setConfirming(true)
        else write.mutate()
      }}
    >
      <Field
        label={texts.archiveBefore}
        type="month"
        required
        value={before}
        onValue={(before) => change({ before })}
      />
      <Select
        label={texts.archiveMonths}
        value={ageBy}
        options={Object.entries(texts.ages)}
        onValue={(value) => change({ ageBy: value as AgeBy })}
      />
      <Checkbox label={texts.archiveRemove} checked={remove} onChecked={(remove) => change({ remove })} />
      <button type="submit" disabled={write.isPending}>
        {texts.archive}
      </button>
      {confirming && (
        <Confirm
          title={texts.archiveRemoveTitle}
          text={texts.archiveRemoveText(before)}
          action={texts.archiveRemoveNow}
          danger
          busy={write.isPending}
          onConfirm={() => {
            setConfirming(false)
            write.mutate()
          }}
          onClose={() => setConfirming(false)}
        />
      )}
      {write.error && <Problem error={write.error} />}
      {write.data && <Outcome id={write.data.id} />}
    </Form>
  )
}

/** Outcome of an archive that was started: also that there was nothing to write. */
function Outcome(props: { id: string }) {
  const queries = useQueryClient()
  const deletion = useQuery({
    queryKey: ['deletion', props.id],
    queryFn: () =>
      answered(native.GET('/deletions/{deletion}', { params: { path: { deletion: props.id } } })),
    refetchInterval: ({ state }) => (ENDED.has(state.data?.step ?? '') ? false : 1_000),
  })
  const { data } = deletion
  const ended = ENDED.has(data?.step ?? '')
  useEffect(() => {
    if (ended) void queries.invalidateQueries({ queryKey: ['archives'] })
  }, [ended, queries])
  if (!data) return null
  if (!ended) return <p role="status">{data.problem || texts.archiveRunning}</p>
  return <p role="status">{data.problem || data.note || texts.archiveDone(data.events)}</p>
}
