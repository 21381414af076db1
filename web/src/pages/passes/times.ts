import { strings } from '../../strings'

/** 99715 ms as `1 min 39 s`: the two greatest units. */
export function formatSpan(milliseconds: number): string {
  let seconds = Math.floor(Math.abs(milliseconds) / 1000)
  const parts: string[] = []
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(seconds / size)
    seconds -= count * size
    if ((count > 0 || (unit === 's' && parts.length === 0)) && parts.length < 2)
      parts.push(`${count} ${unit}`)
  }
  return parts.join(' ')
}

/** A network takes seconds itself: below five a clock is right. */
export function isOff(skew: number): boolean {
  return Math.abs(skew) >= 5_000
}

/** How a reader's clock is against the server's; `skew` is what it is behind. */
export function formatClock(skew: number | null): string {
  if (skew === null) return ''
  if (!isOff(skew)) return strings.passes.clockRight
  return strings.passes.clockOff(formatSpan(skew), skew > 0)
}
