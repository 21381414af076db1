/** Moments and the clocks of zones. */

/** The moment at which the clocks of a zone show `2031-05-01T10:00`. Of a time that they show twice it is
 * the first; one that they leave out is as much later as they are put on. */
export function momentAt(wall: string, zone: string): Date {
  const shown = Date.parse(`${wall}Z`)
  const [before, after] = [shown - DAY, shown + DAY].map((one) => offsetAt(one, zone)) as [number, number]
  const found = [shown - before, shown - after].filter((one) => one + offsetAt(one, zone) === shown)
  return new Date(found.length > 0 ? Math.min(...found) : shown - before)
}

/** The year that the clocks of a zone show. */
export function yearIn(zone: string, moment: Date): string {
  return new Intl.DateTimeFormat('en', { timeZone: zone, year: 'numeric' }).format(moment)
}

const DAY = 86_400_000

/** By how much the clocks of a zone are ahead of UTC, in ms. */
function offsetAt(moment: number, zone: string): number {
  const text = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'medium',
  }).format(moment)
  return Date.parse(`${text.replace(' ', 'T')}Z`) - Math.floor(moment / 1000) * 1000
}
