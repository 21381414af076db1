import { useState } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { Dialog } from '../../parts/Dialog'
import { Field, Select } from '../../parts/Field'
import { Problem } from '../../parts/States'
import { strings } from '../../strings'
import { asLink } from '../codes/questions'
import { type TrackerRequest, useMake } from './questions'

const said = strings.trackers

export function NewTracker(props: { onClose: () => void }) {
  const [name, setName] = useState('')
  const [kind, setKind] = useState('impression')
  const [destination, setDestination] = useState('')
  const [, go] = useLocation()
  const make = useMake()
  const leads = kind === 'click' || kind === 'scan'
  return (
    <Dialog title={said.make} onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          make.mutate(
            {
              kind: kind as TrackerRequest['kind'],
              name: name.trim(),
              ...(leads && destination.trim() && { destination: asLink(destination) }),
            },
            { onSuccess: (made) => go(`/trackers/${made.id}`) },
          )
        }}
      >
        <Select
          label={said.newKind}
          value={kind}
          options={Object.entries(said.kinds)}
          onValue={setKind}
        />
        <Field
          label={said.newName}
          hint={said.newNameHint}
          value={name}
          onValue={setName}
          required
          maxLength={200}
        />
        {leads && (
          <Field
            label={said.destination}
            hint={said.destinationHint}
            value={destination}
            onValue={setDestination}
            required
            inputMode="url"
            placeholder="https://example.org"
          />
        )}
        {make.error && <Problem error={make.error} />}
        <footer class="dialog-foot">
          <button type="submit" class="primary" disabled={make.isPending}>
            {said.makeIt}
          </button>
        </footer>
      </form>
    </Dialog>
  )
}
