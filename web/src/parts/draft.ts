import { useRef, useState } from 'preact/hooks'

export interface Draft<Fields extends object> {
  /** What stands in the form. */
  values: Fields
  /** Only what differs from what there is: that alone is sent. */
  changed: Partial<Fields>
  /** Fields that were changed here, and by somebody else meanwhile. */
  conflicts: (keyof Fields)[]
  set: (change: Partial<Fields>) => void
  /** It was saved: the form follows what there is. */
  settle: () => void
  /** Whether something differs, at this moment. */
  unsaved: () => boolean
}

interface Touch {
  value: unknown
  /** What there was when the field was touched. */
  was: unknown
}

/** A form over something that others may change meanwhile: `now` is what there is. A field that nobody
 * touched follows it, so saving never undoes what somebody else did. */
export function useDraft<Fields extends object>(now: Fields): Draft<Fields> {
  const [touched, setTouched] = useState<Partial<Record<keyof Fields, Touch>>>({})
  const values = { ...now }
  const changed: Partial<Fields> = {}
  const conflicts: (keyof Fields)[] = []
  for (const name of Object.keys(touched) as (keyof Fields)[]) {
    const touch = touched[name] as Touch
    values[name] = touch.value as Fields[typeof name]
    if (same(touch.value, now[name])) continue
    changed[name] = values[name]
    if (!same(touch.was, now[name])) conflicts.push(name)
  }
  const differs = useRef(false)
  differs.current = Object.keys(changed).length > 0
  function set(change: Partial<Fields>) {
    setTouched((before) => {
      const next = { ...before }
      for (const name of Object.keys(change) as (keyof Fields)[])
        next[name] = { value: change[name], was: before[name]?.was ?? now[name] }
      return next
    })
  }
  function settle() {
    // At once: a page that opens after the form was saved opens before the form is drawn again.
    differs.current = false
    setTouched({})
  }
  return { values, changed, conflicts, set, settle, unsaved: () => differs.current }
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
