import type { Connection } from '../api/following'
import { strings } from '../strings'
import { problemText } from './States'

/** How it stands with what is shown as it is recorded. */
export function Live(props: { of: Connection }) {
  const { of } = props
  const text =
    of.state === 'waiting'
      ? `${strings.live.why[of.why]} ${strings.live.again(of.seconds)}`
      : of.state === 'refused'
        ? problemText(of.error)
        : strings.live[of.state]
  return <p class={`pulse ${of.state}`}>{text}</p>
}
