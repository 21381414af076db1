import { X } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { strings } from '../strings'

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
