import { useQueryClient } from '@tanstack/preact-query'
import { Dialog } from '../../parts/Dialog'
import { useDraft } from '../../parts/draft'
import { Field, Select } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { ChangeProblem, Conflicts } from '../../parts/Stale'
import { strings } from '../../strings'
import { asLink } from '../codes/queries'
import { type Tagged, type TrackerChange, useChange } from './queries'

const texts = strings.trackers
const LABELS = {
  name: texts.name,
  slug: texts.slug,
  destination: texts.leadsTo,
  privacy: texts.privacy,
}

function bodyOf(changed: Partial<Record<keyof typeof LABELS, string>>): TrackerChange {
  const { name, slug, destination, privacy } = changed
  return {
    ...(name !== undefined && { name: name.trim() }),
    ...(slug !== undefined && { slug: slug.trim() }),
    ...(destination !== undefined && { destination: asLink(destination) || null }),
    ...(privacy !== undefined && {
      privacy: (privacy || null) as NonNullable<TrackerChange['privacy']> | null,
    }),
  }
}

export function Edit(props: { tracker: Tagged; onClose: () => void }) {
  const { tracker } = props
  const draft = useDraft({
    name: tracker.name,
    slug: tracker.slug,
    destination: tracker.destination ?? '',
    privacy: tracker.privacy ?? '',
  })
  const { values, set } = draft
  const change = useChange(tracker.id, tracker.etag)
  const queries = useQueryClient()
  function reload() {
    change.reset()
    return queries.invalidateQueries({ queryKey: ['tracker', String(tracker.id)] })
  }
  return (
    <Dialog title={texts.editTitle} onClose={props.onClose}>
      <Form
        unsaved={draft.unsaved}
        onSubmit={() => {
          const body = bodyOf(draft.changed)
          if (Object.keys(body).length === 0) props.onClose()
          else change.mutate(body, { onSuccess: props.onClose })
        }}
      >
        <Field label={texts.name} value={values.name} onValue={(name) => set({ name })} maxLength={200} />
        <Field
          label={texts.slug}
          value={values.slug}
          onValue={(slug) => set({ slug })}
          required
          minLength={3}
          maxLength={48}
        />
        <Field
          label={texts.leadsTo}
          value={values.destination}
          onValue={(destination) => set({ destination })}
          inputMode="url"
          hint={texts.destinationHint}
        />
        <Select
          label={texts.privacy}
          value={values.privacy}
          options={[
            ['', texts.privacyOwn],
            ...Object.entries(strings.codes.details.privacyModes),
          ]}
          onValue={(privacy) => set({ privacy })}
        />
        <Conflicts names={draft.conflicts.map((one) => LABELS[one])} />
        {change.error && <ChangeProblem error={change.error} reload={reload} />}
        <footer class="dialog-foot">
          <button type="submit" class="primary" disabled={change.isPending}>
            {strings.common.save}
          </button>
        </footer>
      </Form>
    </Dialog>
  )
}
