import type { ComponentChildren, JSX } from 'preact'
import { useId } from 'preact/hooks'

type Input = Omit<JSX.IntrinsicElements['input'], 'id' | 'onInput' | 'value'>

/** A labelled input. `error` is shown below it. */
export function Field(
  props: Input & {
    label: string
    value: string
    onValue: (value: string) => void
    hint?: string | undefined
    error?: string | undefined
  },
) {
  const { label, value, onValue, hint, error, ...input } = props
  const id = useId()
  const note = error ?? hint
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...input}
        id={id}
        value={value}
        aria-invalid={error ? 'true' : undefined}
        aria-describedby={note ? `${id}-note` : undefined}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
      {note && (
        <p id={`${id}-note`} class={error ? 'note error' : 'note'}>
          {note}
        </p>
      )}
    </div>
  )
}

export function TextArea(props: {
  label: string
  value: string
  onValue: (value: string) => void
  rows?: number
  hint?: string
  placeholder?: string
}) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <textarea
        id={id}
        rows={props.rows ?? 4}
        value={props.value}
        placeholder={props.placeholder}
        onInput={(event) => props.onValue(event.currentTarget.value)}
      />
      {props.hint && <p class="note">{props.hint}</p>}
    </div>
  )
}

/** `options` are values with their texts. */
export function Select(props: {
  label: string
  value: string
  options: readonly (readonly [string, string])[]
  onValue: (value: string) => void
  /** The label is there for screen readers alone. */
  bare?: boolean
}) {
  const id = useId()
  return (
    <div class="field">
      <label for={id} class={props.bare ? 'unseen' : undefined}>
        {props.label}
      </label>
      <select
        id={id}
        value={props.value}
        onChange={(event) => props.onValue(event.currentTarget.value)}
      >
        {props.options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  )
}

export function Checkbox(props: {
  label: ComponentChildren
  checked: boolean
  onChecked: (checked: boolean) => void
  disabled?: boolean
}) {
  return (
    <label class="checkbox">
      <input
        type="checkbox"
        checked={props.checked}
        disabled={props.disabled}
        onChange={(event) => props.onChecked(event.currentTarget.checked)}
      />
      <span>{props.label}</span>
    </label>
  )
}

/** One of a few views of the same thing. */
export function Tabs(props: {
  name: string
  value: string
  options: readonly (readonly [string, string])[]
  onValue: (value: string) => void
}) {
  return (
    <div class="tabs" role="group" aria-label={props.name}>
      {props.options.map(([value, text]) => (
        <button
          key={value}
          type="button"
          aria-pressed={value === props.value}
          onClick={() => props.onValue(value)}
        >
          {text}
        </button>
      ))}
    </div>
  )
}
