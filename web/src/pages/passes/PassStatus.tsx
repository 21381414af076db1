import { strings } from '../../strings'

const SHADES: Record<string, string> = {
  issued: 'good',
  active: 'good',
  successful: 'good',
  deactivated: 'warn',
  failed: 'bad',
}

/** Of a pass, or of a scan. */
export function PassStatus(props: { of: string }) {
  return (
    <span class={`badge ${SHADES[props.of] ?? ''}`}>
      {strings.passes.statuses[props.of] ?? props.of}
    </span>
  )
}
