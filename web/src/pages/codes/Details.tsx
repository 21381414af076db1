import { useMutation, useQueryClient } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { answered, openqr } from '../../api/client'
import { formatMoment } from '../../formats'
import { Confirm } from '../../parts/Confirm'
import { useDraft } from '../../parts/draft'
import { Field, Select } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { Card } from '../../parts/Page'
import { Conflicts } from '../../parts/Stale'
import { Problem } from '../../parts/States'
import { useRange } from '../../state/range'
import { strings } from '../../strings'
import { readTags, writeTags } from '../../tags'
import { type Code, type CodeChange, codeQuery, nameOf, useChange, useFolders, useTags, withoutScheme } from './queries'
import { Saving } from './Saving'

const texts = strings.codes.details
const NEW = 'new'

export function Details(props: { code: Code }) {
  const { code } = props
  return (
    <div class="grid">
      <Card title={texts.title} span={6}>
        <Naming code={code} />
      </Card>
      <div class="span-6 stacked">
        <Card title={texts.privacyTitle}>
          <Privacy code={code} />
        </Card>
        <Card title={texts.factsTitle}>
          <Facts code={code} />
        </Card>
        <Card title={texts.removeTitle}>
          <Remove code={code} />
        </Card>
      </div>
    </div>
  )
}

function Naming(props: { code: Code }) {
  const { code } = props
  const draft = useDraft({
    label: code.label ?? '',
    slug: code.slug,
    tags: writeTags(code.tags),
    folder: code.folder_id ?? '',
  })
  const { values, changed, set } = draft
  const { folder } = values
  const newFolder = useDraft({ name: '' })
  const newName = newFolder.values.name.trim()
  const queries = useQueryClient()
  const latest = () => queries.fetchQuery({ ...codeQuery(code.id), staleTime: 0 })
  const folders = useFolders()
  const change = useChange(code.id)
  const make = useMutation({
    mutationFn: (name: string) => answered(openqr.POST('/v1/folders', { body: { name } })),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['folders'] }),
  })
  const listed = readTags(values.tags)
  const changes: CodeChange = {
    ...(changed.label !== undefined && { label: changed.label.trim() || null }),
    ...(changed.slug !== undefined && { slug: changed.slug.trim() }),
    ...(changed.tags !== undefined && listed !== null && { tags: listed }),
    ...(changed.folder !== undefined && folder !== NEW && { folder_id: folder || null }),
  }
  async function save() {
    if (listed === null) return
    const body = { ...changes }
    // Tags go as a whole: those that others gave it meanwhile stay.
    if (body.tags) body.tags = merged(code.tags, listed, (await latest()).tags)
    if (folder === NEW) body.folder_id = (await make.mutateAsync(newName)).id
    change.mutate(body, {
      onSuccess: () => {
        draft.settle()
        newFolder.settle()
      },
    })
  }
  const dirty = Object.keys(changes).length > 0 || (folder === NEW && newName !== '')
  return (
    <Form
      class="stack"
      unsaved={() => draft.unsaved() || newFolder.unsaved()}
      onSubmit={() => {
        // What it refuses is shown below.
        void save().catch(() => {})
      }}
    >
      <Field
        label={texts.label}
        value={values.label}
        onValue={(label) => set({ label })}
        maxLength={200}
      />
      <Field
        label={texts.slug}
        value={values.slug}
        onValue={(slug) => set({ slug })}
        required
        minLength={3}
        maxLength={48}
        hint={texts.slugHint}
      />
      <Select
        label={texts.folder}
        value={folder}
        options={[
          ['', strings.codes.list.noFolder],
          ...(folders.data?.folders ?? []).map((one) => [one.id, one.name] as const),
          [NEW, texts.newFolder],
        ]}
        onValue={(picked) => set({ folder: picked })}
      />
      {folder === NEW && (
        <Field
          label={texts.newFolderName}
          value={newFolder.values.name}
          onValue={(name) => newFolder.set({ name })}
          required
          maxLength={80}
        />
      )}
      <Field
        label={texts.tags}
        value={values.tags}
        onValue={(tags) => set({ tags })}
        hint={texts.tagsHint}
        error={listed === null ? texts.tagsWrong : undefined}
      />
      {listed !== null && (
        <Known tags={listed} onAdd={(tag) => set({ tags: writeTags([...listed, tag]) })} />
      )}
      <Conflicts names={draft.conflicts.map((one) => texts[one])} />
      {make.error && <Problem error={make.error} />}
      <Saving of={change} dirty={dirty} />
    </Form>
  )
}

/** What there is now, with what was added and without what was removed. */
function merged(before: string[], wanted: string[], now: string[]): string[] {
  const others = now.filter((tag) => !before.includes(tag) && !wanted.includes(tag))
  const removed = before.filter((tag) => !now.includes(tag))
  return [...wanted.filter((tag) => !removed.includes(tag)), ...others]
}

/** Tags that other codes have, to take with a touch. */
function Known(props: { tags: string[]; onAdd: (tag: string) => void }) {
  const known = useTags()
  const others = (known.data?.tags ?? []).filter((one) => !props.tags.includes(one.tag))
  if (others.length === 0) return null
  return (
    <p class="row">
      {others.slice(0, 8).map((one) => (
        <button
          key={one.tag}
          type="button"
          class="small"
          aria-label={texts.addTag(one.tag)}
          onClick={() => props.onAdd(one.tag)}
        >
          + {one.tag}
        </button>
      ))}
    </p>
  )
}

function Privacy(props: { code: Code }) {
  const { code } = props
  const change = useChange(code.id)
  return (
    <div class="stack">
      <Select
        label={texts.privacy}
        value={code.privacy}
        options={Object.entries(texts.privacyModes)}
        onValue={(picked) =>
          change.mutate({ privacy: picked as NonNullable<CodeChange['privacy']> })
        }
      />
      {change.error && <Problem error={change.error} />}
      <p class="note" role="status">
        {texts.privacyNote} {change.isSuccess && strings.common.saved}
      </p>
    </div>
  )
}

function Facts(props: { code: Code }) {
  const { code } = props
  const [range] = useRange()
  return (
    <dl class="facts">
      <dt>{texts.created}</dt>
      <dd>{formatMoment(code.created_at, range.zone)}</dd>
      <dt>{texts.changed}</dt>
      <dd>{formatMoment(code.updated_at, range.zone)}</dd>
      <dt>{texts.id}</dt>
      <dd>
        <code>{code.id}</code>
      </dd>
    </dl>
  )
}

function Remove(props: { code: Code }) {
  const { code } = props
  const [confirming, setConfirming] = useState(false)
  const [, go] = useLocation()
  const queries = useQueryClient()
  const remove = useMutation({
    mutationFn: () =>
      answered(openqr.DELETE('/v1/dynamic/{id}', { params: { path: { id: code.id } } })),
    onSuccess: () => {
      go('/codes')
      queries.removeQueries({ queryKey: ['code', code.id] })
      for (const key of ['codes', 'tags', 'trackers', 'report'])
        void queries.invalidateQueries({ queryKey: [key] })
    },
  })
  return (
    <div class="stack">
      <p class="note">{texts.removeLead}</p>
      <div class="row">
        <button type="button" class="danger" onClick={() => setConfirming(true)}>
          {texts.remove}
        </button>
      </div>
      {confirming && (
        <Confirm
          title={texts.removeAsk(nameOf(code))}
          action={texts.removeNow}
          danger
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate()}
          onClose={() => setConfirming(false)}
        >
          <ul class="bullets">
            <li>{texts.removeScans}</li>
            <li>{texts.removeLink(withoutScheme(code.short_url))}</li>
            <li>{texts.removeHistory}</li>
          </ul>
          <p>{texts.removeForGood}</p>
        </Confirm>
      )}
    </div>
  )
}
