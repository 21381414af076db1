import { Refused } from '../api/client'
import { strings } from '../strings'
import { Problem } from './States'

/** Why a change was not made. When somebody else was first, what there is now is shown on request. */
export function ChangeProblem(props: { error: unknown; reload: () => unknown }) {
  const { error } = props
  if (!(error instanceof Refused) || error.status !== 412) return <Problem error={error} />
  return (
    <div class="between problem" role="alert">
      <p>{strings.common.changedMeanwhile}</p>
      <button type="button" class="small" onClick={() => void props.reload()}>
        {strings.common.reload}
      </button>
    </div>
  )
}

/** Fields that somebody else changed while they were changed here: `names` as the form calls them. */
export function Conflicts(props: { names: string[] }) {
  if (props.names.length === 0) return null
  return (
    <p class="notice" role="status">
      {strings.common.conflicts(props.names.join(', '))}
    </p>
  )
}
