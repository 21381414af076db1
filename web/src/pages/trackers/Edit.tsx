import { useState } from 'preact/hooks'
import { Dialog } from '../../parts/Dialog'
import { Field, Select } from '../../parts/Field'
import { Problem } from '../../parts/States'
import { strings } from '../../strings'
import { asLink } from '../codes/questions'
import { type Tracker, type TrackerChange, useChange } from './questions'

const said = strings.trackers

export function Edit(props: { tracker: Tracker; onClose: () => void }) {
  const { tracker } = props
  const [name, setName] = useState(tracker.name)
  const [slug, setSlug] = useState(tracker.slug)
  const [destination, setDestination] = useState(tracker.destination ?? '')
  const [privacy, setPrivacy] = useState(tracker.privacy ?? '')
  const change = useChange(tracker.id)
  return (
    <Dialog title={said.editTitle} onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          change.mutate(
            {
              name: name.trim(),
              destination: asLink(destination) || null,
              privacy: (privacy || null) as NonNullable<TrackerChange['privacy']> | null,
              ...(slug.trim() !== tracker.slug && { slug: slug.trim() }),
            },
            { onSuccess: props.onClose },
          )
        }}
      >
        <Field label={said.name} value={name} onValue={setName} maxLength={200} />
        <Field
          label={said.slug}
          value={slug}
          onValue={setSlug}
          required
          minLength={3}
          maxLength={48}
        />
        <Field
          label={said.leadsTo}
          value={destination}
          onValue={setDestination}
          inputMode="url"
          hint={said.destinationHint}
        />
        <Select
          label={said.privacy}
          value={privacy}
          options={[
            ['', said.privacyOwn],
            ...Object.entries(strings.codes.details.privacyModes),
          ]}
          onValue={setPrivacy}
        />
        {change.error && <Problem error={change.error} />}
        <footer class="dialog-foot">
          <button type="submit" class="primary" disabled={change.isPending}>
            {strings.common.save}
          </button>
        </footer>
      </form>
    </Dialog>
  )
}
