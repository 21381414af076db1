import { strings } from '../../strings'
import type { Code } from './queries'

/** Shows only a status out of the ordinary. */
export function Status(props: { code: Code }) {
  const { code } = props
  return (
    <>
      {code.status === 'paused' && <span class="badge warn">{strings.codes.list.paused}</span>}
      {(code.has_password || code.has_pin) && (
        <span class="badge">{strings.codes.list.locked}</span>
      )}
    </>
  )
}
