import { Snippet } from '../../parts/Copy'
import { Dialog } from '../../parts/Dialog'
import { strings } from '../../strings'

/** What is shown once: it closes by its button alone, not by a click beside it. */
export function Secret(props: {
  title: string
  lead: string
  label: string
  text: string
  curl?: string
  onClose: () => void
}) {
  return (
    <Dialog title={props.title} onClose={props.onClose} wide keep>
      <p class="notice">{props.lead}</p>
      <Snippet label={props.label} text={props.text} />
      {props.curl && <Snippet label={strings.settings.tryIt} text={props.curl} />}
      <footer class="dialog-foot">
        <button type="button" class="primary" onClick={props.onClose}>
          {strings.settings.done}
        </button>
      </footer>
    </Dialog>
  )
}
