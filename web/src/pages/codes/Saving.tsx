import { Problem } from '../../parts/States'
import { strings } from '../../strings'

/** The end of a form: its button, and what came of it. */
export function Saving(props: {
  of: { error: unknown; isPending: boolean; isSuccess: boolean }
  dirty: boolean
}) {
  const { of, dirty } = props
  return (
    <>
      {of.error !== null && of.error !== undefined && <Problem error={of.error} />}
      <div class="row">
        <button type="submit" class="primary" disabled={of.isPending || !dirty}>
          {strings.common.save}
        </button>
        <span role="status" class="note">
          {of.isSuccess && !dirty ? strings.common.saved : ''}
        </span>
      </div>
    </>
  )
}
