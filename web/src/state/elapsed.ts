/** The window of what is drawn over time: it ends now when the range has not ended yet. */
import { useEffect, useState } from 'preact/hooks'
import { elapsed } from '../moments'
import { bucketOf, useRange } from './range'

const MINUTE = 60_000
/** What rollups know: longer windows are requested in these. */
const QUARTER_HOUR = 15 * MINUTE

/** For reports with time among their dimensions. `unfinished`: the last bucket has not ended. */
export interface ChartWindow {
  bucket: ReturnType<typeof bucketOf>
  unfinished: boolean
  window: { since: string; until: string; zone: string }
  /** With the period before, and no more of it than has passed of this one. */
  compare: 'previous' | { since: string; until: string }
}

export function useChartWindow(): ChartWindow {
  const [range] = useRange()
  const { since, until, zone } = range
  const bucket = bucketOf(range)
  const now = useNow(bucket === 'hour' ? MINUTE : QUARTER_HOUR)
  const passed = elapsed(since, until, zone, now)
  return {
    bucket,
    unfinished: passed !== null,
    window: { since, until: passed?.until ?? until, zone },
    compare: passed?.compare ?? 'previous',
  }
}

/** The end of the minute, or of whatever `step` is in ms, in which one is: it goes on by itself. */
function useNow(step: number): number {
  const [ticks, setTicks] = useState(0)
  const end = (Math.floor(Date.now() / step) + 1) * step
  useEffect(() => {
    const timer = setTimeout(() => setTicks(ticks + 1), end - Date.now())
    return () => clearTimeout(timer)
  }, [end, ticks])
  return end
}
