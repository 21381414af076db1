/** A field that searches a list, by the pattern of the ARIA Authoring Practices: an editable combobox with
 * list autocomplete and manual selection. https://www.w3.org/WAI/ARIA/apg/patterns/combobox/ */
import { ChevronDown } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'

export interface Choice {
  value: string
  /** What is read and shown. */
  content: ComponentChildren
}

const PAGE = 8

export function Combobox(props: {
  label: string
  value: string
  /** The value in words, in the closed field. */
  text: string
  /** Those for a text, `''` for all. */
  search: (text: string) => Choice[]
  onValue: (value: string) => void
  /** How many there are: it is read when that changes. */
  count: (choices: number) => string
  /** Stands where there is none. */
  nothing: string
  /** The list is about to be seen. */
  onOpen?: () => void
}) {
  const id = useId()
  const [typed, setTyped] = useState<string | null>(null)
  const [at, setAt] = useState(-1)
  const field = useRef<HTMLInputElement>(null)
  const list = useRef<HTMLUListElement>(null)
  const open = typed !== null
  const choices = open ? props.search(typed) : []
  const begin = () => {
    props.onOpen?.()
    setTyped('')
    setAt(props.search('').findIndex((one) => one.value === props.value))
  }
  const end = () => {
    setTyped(null)
    setAt(-1)
  }
  const choose = (value: string) => {
    end()
    if (value !== props.value) props.onValue(value)
  }
  useEffect(() => {
    list.current?.querySelector('.at')?.scrollIntoView({ block: 'nearest' })
  }, [at, open])
  // What is typed next takes the place of the value.
  useEffect(() => {
    if (!open && document.activeElement === field.current) field.current?.select()
  }, [open, props.text])
  return (
    <div class="combobox">
      <input
        ref={field}
        role="combobox"
        aria-label={props.label}
        aria-autocomplete="list"
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-activedescendant={choices[at] ? `${id}-${at}` : undefined}
        autocomplete="off"
        spellcheck={false}
        value={typed || (open ? '' : props.text)}
        placeholder={props.text}
        title={props.text}
        onFocus={(event) => event.currentTarget.select()}
        onClick={() => !open && begin()}
        onInput={(event) => {
          if (!open) props.onOpen?.()
          setTyped(event.currentTarget.value)
          setAt(0)
        }}
        onBlur={end}
        onKeyDown={(event) => {
          const next = moved(event.key, at, choices.length)
          if (event.key === 'Escape' && open) end()
          else if (event.key === 'Enter' && choices[at]) choose(choices[at].value)
          else if (!open && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) begin()
          else if (open && next !== undefined) setAt(next)
          else return
          event.preventDefault()
          event.stopPropagation()
        }}
      />
      <ChevronDown size={16} aria-hidden="true" />
      <ul ref={list} id={`${id}-list`} role="listbox" aria-label={props.label} hidden={!open}>
        {choices.map((one, number) => (
          <li
            key={one.value}
            id={`${id}-${number}`}
            role="option"
            aria-selected={one.value === props.value}
            class={number === at ? 'at' : undefined}
            // The field keeps the focus.
            onPointerDown={(event) => event.preventDefault()}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => choose(one.value)}
          >
            {one.content}
          </li>
        ))}
      </ul>
      {open && choices.length === 0 && <p class="none">{props.nothing}</p>}
      <span class="unseen" role="status">
        {open && (choices.length === 0 ? props.nothing : props.count(choices.length))}
      </span>
    </div>
  )
}

/** Where a key leads in a list of so many. */
function moved(key: string, at: number, many: number): number | undefined {
  if (many === 0) return undefined
  if (key === 'ArrowDown') return (at + 1) % many
  if (key === 'ArrowUp') return at <= 0 ? many - 1 : at - 1
  if (key === 'PageDown') return Math.min(at + PAGE, many - 1)
  if (key === 'PageUp') return Math.max(at - PAGE, 0)
  return undefined
}
