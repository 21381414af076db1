import { useLocation } from 'wouter-preact'
import { Dialog } from '../../parts/Dialog'
import { useDraft } from '../../parts/draft'
import { Field, Select } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { Problem } from '../../parts/States'
import { strings } from '../../strings'
import { asLink } from '../codes/queries'
import { type TrackerRequest, useMake } from './queries'

const texts = strings.trackers

export function NewTracker(props: { onClose: () => void }) {
  const draft = useDraft({ name: '', kind: 'impression', destination: '' })
  const { values, set } = draft
  const { name, kind, destination } = values
  const [, go] = useLocation()
  const make = useMake()
  const leads = kind === 'click' || kind === 'scan'
  return (
    <Dialog title={texts.make} onClose={props.onClose}>
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
              onSuccess: (created) => {
                draft.settle()
                go(`/trackers/${created.id}`)
              },
            },
          )
        }}
      >
        <Select
          label={texts.newKind}
          value={kind}
          options={Object.entries(texts.kinds)}
          onValue={(kind) => set({ kind })}
        />
        <Field
          label={texts.newName}
          hint={texts.newNameHint}
          value={name}
          onValue={(name) => set({ name })}
          required
          maxLength={200}
        />
        {leads && (
          <Field
            label={texts.destination}
            hint={texts.destinationHint}
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
            {texts.makeIt}
          </button>
        </footer>
      </Form>
    </Dialog>
  )
}
