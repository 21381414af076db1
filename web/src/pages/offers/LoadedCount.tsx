import { Count } from '../../parts/Waterfall'
import type { Filters } from '../../api/queries'

/** A count of a list; three dots while it loads. */
export function LoadedCount(props: { value: number | undefined; filters: Filters; of: string }) {
  const { value, ...count } = props
  return value === undefined ? <>…</> : <Count value={value} {...count} />
}
