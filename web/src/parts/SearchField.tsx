import { useRef, useState } from 'preact/hooks'
import { Field } from './Field'

/** Shows what is typed at once, and searches 250 ms after the last key. */
export function SearchField(props: {
  label: string
  hint?: string
  value: string
  onSearch: (text: string) => void
}) {
  const { label, hint, value, onSearch } = props
  const [text, setText] = useState(value)
  const waiting = useRef<ReturnType<typeof setTimeout> | null>(null)
  const own = waiting.current !== null || text.trim() === value
  return (
    <Field
      label={label}
      type="search"
      placeholder={hint}
      value={own ? text : value}
      onValue={(typed) => {
        setText(typed)
        if (waiting.current !== null) clearTimeout(waiting.current)
        waiting.current = setTimeout(() => {
          waiting.current = null
          onSearch(typed.trim())
        }, 250)
      }}
    />
  )
}
