import type { Filters } from '../../api/queries'
import { Count } from '../../parts/Waterfall'

/** A count that may still be on its way. */
export function Counted(props: { value: number | null; filters: Filters; of: string }) {
  const { value, ...rest } = props
  return value === null ? <>…</> : <Count value={value} {...rest} />
}
