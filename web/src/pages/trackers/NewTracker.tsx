import { useLocation } from 'wouter-preact'
import { Dialog } from '../../parts/Dialog'
import { useDraft } from '../../parts/draft'
import { Field, Select } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { Problem } from '../../parts/States'
import { strings } from '../../strings'
import { asLink } from '../codes/questions'
import { type TrackerRequest, useMake } from './questions'

const said = strings.trackers

export function NewTracker(props: { onClose: () => void }) {
  const draft = useDraft({ name: '', kind: 'impression', destination: '' })
  const { values, set } = draft
  const { name, kind, destination } = values
  const [, go] = useLocation()
  const make = useMake()
  const leads = kind === 'click' || kind === 'scan'
  return (
    <Dialog title={said.make} onClose={props.onClose}>
      <Form
        unsaved={draft.unsaved}
        onSubmit={() => {
          make.mutate(
            {
              kind: kind as TrackerRequest['kind'],
              name: name.trim(),
              ...(leads && destination.trim() && { destination: asLink(destination) }),
            },
            {
              onSuccess: (made) => {
                draft.settle()
                go(`/trackers/${made.id}`)
              },
            },
          )
        }}
      >
        <Select
          label={said.newKind}
          value={kind}
          options={Object.entries(said.kinds)}
          onValue={(kind) => set({ kind })}
        />
        <Field
          label={said.newName}
          hint={said.newNameHint}
          value={name}
          onValue={(name) => set({ name })}
          required
          maxLength={200}
        />
        {leads && (
          <Field
            label={said.destination}
            hint={said.destinationHint}
            value={destination}
            onValue={(destination) => set({ destination })}
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
      </Form>
    </Dialog>
  )
}
