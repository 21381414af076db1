import type { ComponentChildren } from 'preact'
import { Cancel, Dialog } from './Dialog'
import { Problem } from './States'

/** A dialog that asks for a confirmation of something that cannot be undone. It stays open with the
 * error when that fails, until the page closes it. */
export function Confirm(props: {
  title: string
  text?: string
  /** The label of the button that does it. */
  action: string
  danger?: boolean
  busy: boolean
  error?: Error | null
  onConfirm: () => void
  onClose: () => void
  children?: ComponentChildren
}) {
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      {props.text && <p>{props.text}</p>}
      {props.children}
      {props.error && <Problem error={props.error} />}
      <footer class="dialog-foot">
        <Cancel />
        <button
          type="button"
          class={props.danger ? 'danger' : 'primary'}
          disabled={props.busy}
          onClick={props.onConfirm}
        >
          {props.action}
        </button>
      </footer>
    </Dialog>
  )
}
