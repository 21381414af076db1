import { Cancel, Dialog } from './Dialog'

/** Asks once more before something that cannot be undone. */
export function Sure(props: {
  title: string
  text: string
  action: string
  danger?: boolean
  busy: boolean
  onSure: () => void
  onClose: () => void
}) {
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <p>{props.text}</p>
      <footer class="dialog-foot">
        <Cancel />
        <button
          type="button"
          class={props.danger ? 'danger' : 'primary'}
          disabled={props.busy}
          onClick={props.onSure}
        >
          {props.action}
        </button>
      </footer>
    </Dialog>
  )
}
