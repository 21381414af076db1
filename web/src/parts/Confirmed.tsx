import { useState } from 'preact/hooks'
import { formatCount } from '../formats'
import { strings } from '../strings'
import { Field } from './Field'

/** A button for what takes events away for ever: it acts when their number was typed. Without
 * events it acts at once. */
export function Confirmed(props: {
  events: number
  label: string
  pending: boolean
  onConfirm: () => void
}) {
  const [typed, setTyped] = useState('')
  const { events } = props
  const same = events === 0 || typed.replace(/\D/g, '') === String(events)
  return (
    <>
      {events > 0 && (
        <Field
          label={strings.common.typeNumber(formatCount(events))}
          inputMode="numeric"
          autocomplete="off"
          value={typed}
          onValue={setTyped}
        />
      )}
      <button
        type="button"
        class="danger"
        disabled={!same || props.pending}
        onClick={props.onConfirm}
      >
        {props.label}
      </button>
    </>
  )
}
