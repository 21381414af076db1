import { useMutation } from '@tanstack/preact-query'
import { X } from 'lucide-preact'
import { type ComponentChildren, createContext } from 'preact'
import { useContext, useEffect, useId, useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import { Edits, GuardContext } from '../state/edits'
import { strings } from '../strings'
import { Form } from './Form'
import { Problem } from './States'

/** Closes the dialog around, after a question where edits would be lost. */
const CloseContext = createContext(() => {})

/** A modal over the page: the browser's own, with its focus and Escape. `onClose` is called when it is
 * closed by hand, and edits in it were given up. */
export function Dialog(props: {
  title: string
  onClose: () => void
  wide?: boolean
  /** A click beside it does not close it. */
  keep?: boolean
  role?: 'alertdialog'
  /** The id of what describes it. */
  describedBy?: string
  children: ComponentChildren
}) {
  const element = useRef<HTMLDialogElement>(null)
  const title = useId()
  const { guard, close, isClosable } = useClosing(() => element.current?.close())
  useEffect(() => element.current?.showModal(), [])
  return (
    <dialog
      ref={element}
      role={props.role}
      class={props.wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={title}
      aria-describedby={props.describedBy}
      onCancel={(event) => {
        // Fields of files have such an event too.
        if (event.target !== element.current) return
        event.preventDefault()
        close()
      }}
      onClose={() => {
        if (isClosable()) return props.onClose()
        // A second Escape in a row closes it, whatever a page says (HTML, close watchers).
        element.current?.showModal()
        close()
      }}
      onClick={(event) => {
        if (!props.keep && event.target === element.current) close()
      }}
    >
      <GuardContext.Provider value={guard}>
        <CloseContext.Provider value={close}>
          <div class="dialog-body">
            <header>
              <h2 id={title}>{props.title}</h2>
              <button
                type="button"
                class="quiet icon"
                aria-label={strings.common.close}
                onClick={close}
              >
                <X size={18} aria-hidden="true" />
              </button>
            </header>
            {props.children}
          </div>
        </CloseContext.Provider>
      </GuardContext.Provider>
    </dialog>
  )
}

/** The edits of a dialog are a part of the page's; `close` calls `shut` when they may be lost. */
function useClosing(shut: () => void) {
  const around = useContext(GuardContext)
  const guard = useMemo(() => ({ ...around, edits: new Edits() }), [around])
  useLayoutEffect(() => around.edits.add(guard.edits.unsaved), [around, guard])
  const agreed = useRef(false)
  return {
    guard,
    close: () =>
      guard.leave(guard.edits, () => {
        agreed.current = true
        shut()
      }),
    isClosable: () => agreed.current || !guard.edits.unsaved(),
  }
}

/** A form in a dialog: it stays open until what it asks is done, and says why when it is not. */
export function FormDialog(props: {
  title: string
  /** What its button does, in a word or two. */
  action: string
  /** Whether something in it differs from what is saved. */
  unsaved: () => boolean
  onSubmit: () => Promise<unknown>
  onClose: () => void
  /** Something goes for good. */
  danger?: boolean
  wide?: boolean
  disabled?: boolean
  /** It shows something afterwards: closing is up to the page. */
  stays?: boolean
  children: ComponentChildren
}) {
  const submission = useMutation({
    mutationFn: props.onSubmit,
    onSuccess: () => {
      if (!props.stays) props.onClose()
    },
  })
  return (
    <Dialog title={props.title} onClose={props.onClose} wide={props.wide ?? false}>
      <Form
        unsaved={props.unsaved}
        onSubmit={() => {
          if (!submission.isPending) submission.mutate()
        }}
      >
        {props.children}
        {submission.error && <Problem error={submission.error} />}
        <footer class="dialog-foot">
          <Cancel />
          <button
            type="submit"
            class={props.danger ? 'danger' : 'primary'}
            disabled={submission.isPending || props.disabled}
          >
            {props.action}
          </button>
        </footer>
      </Form>
    </Dialog>
  )
}

/** The button that closes the dialog it stands in. */
export function Cancel() {
  return (
    <button type="button" onClick={useContext(CloseContext)}>
      {strings.common.cancel}
    </button>
  )
}
