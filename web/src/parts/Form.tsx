import type { ComponentChildren, JSX } from 'preact'
import { useUnsaved } from '../state/edits'

type Attributes = Omit<JSX.IntrinsicElements['form'], 'onSubmit'>

/** Every form of the pages: leaving a page or dialog with unsaved edits needs a confirmation. */
export function Form(
  props: Attributes & {
    /** Whether something in it differs from what is saved: a draft knows. */
    unsaved: () => boolean
    onSubmit: () => void
    children: ComponentChildren
  },
) {
  const { unsaved, onSubmit, children, ...attributes } = props
  useUnsaved(unsaved)
  return (
    <form
      {...attributes}
      onSubmit={(event) => {
        event.preventDefault()
        onSubmit()
      }}
    >
      {children}
    </form>
  )
}
