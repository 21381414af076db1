import { useMutation } from '@tanstack/preact-query'
import { X } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { strings } from '../strings'
import { Problem } from './States'

/** A modal over the page: the browser's own, with its focus and Escape. */
export function Dialog(props: {
  title: string
  onClose: () => void
  wide?: boolean
  /** A click beside it does not close it. */
  keep?: boolean
  children: ComponentChildren
}) {
  const element = useRef<HTMLDialogElement>(null)
  const title = useId()
  useEffect(() => element.current?.showModal(), [])
  return (
    <dialog
      ref={element}
      class={props.wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={title}
      onClose={props.onClose}
      onClick={(event) => {
        if (!props.keep && event.target === element.current) element.current?.close()
      }}
    >
      <div class="dialog-body">
        <header>
          <h2 id={title}>{props.title}</h2>
          <button
            type="button"
            class="quiet icon"
            aria-label={strings.common.close}
            onClick={() => element.current?.close()}
          >
            <X size={18} aria-hidden="true" />
          </button>
        </header>
        {props.children}
      </div>
    </dialog>
  )
}

/** A form in a dialog: it stays open until what it asks is done, and says why when it is not. */
export function FormDialog(props: {
  title: string
  /** What its button does, in a word or two. */
  action: string
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
  const asked = useMutation({
    mutationFn: props.onSubmit,
    onSuccess: () => {
      if (!props.stays) props.onClose()
    },
  })
  return (
    <Dialog title={props.title} onClose={props.onClose} wide={props.wide ?? false}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (!asked.isPending) asked.mutate()
        }}
      >
        {props.children}
        {asked.error && <Problem error={asked.error} />}
        <footer class="dialog-foot">
          <button type="button" onClick={props.onClose}>
            {strings.common.cancel}
          </button>
          <button
            type="submit"
            class={props.danger ? 'danger' : 'primary'}
            disabled={asked.isPending || props.disabled}
          >
            {props.action}
          </button>
        </footer>
      </form>
    </Dialog>
  )
}
