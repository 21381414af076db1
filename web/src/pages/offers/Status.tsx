import { strings } from '../../strings'

/** Active, paused and so on, in a colour and a word. */
export function Status(props: { of: string }) {
  const shade = props.of === 'active' ? 'good' : props.of === 'paused' ? 'warn' : ''
  return <span class={`badge ${shade}`}>{strings.offers.statuses[props.of] ?? props.of}</span>
}
