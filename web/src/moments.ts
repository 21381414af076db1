/** Moments and the clocks of zones. */

/** The moment at which the clocks of a zone show `2031-05-01T10:00`. Of a time that they show twice it is
 * the first; one that they leave out is as much later as they are put on. */
export function momentAt(wall: string, zone: string): Date {
  const visible = Date.parse(`${wall}Z`)
  const [before, after] = [visible - DAY, visible + DAY].map((one) => offsetAt(one, zone)) as [number, number]
  const found = [visible - before, visible - after].filter((one) => one + offsetAt(one, zone) === visible)
  return new Date(found.length > 0 ? Math.min(...found) : visible - before)
}

/** The year that the clocks of a zone show. */
export function yearIn(zone: string, moment: Date): string {
  return new Intl.DateTimeFormat('en', { timeZone: zone, year: 'numeric' }).format(moment)
}

/** A window that has begun and not ended, and what it is compared with. Moments as ISO 8601 in UTC. */
export interface Elapsed {
  until: string
  compare: { since: string; until: string }
}

/** What has passed at `now` of the days [since, until) of a zone, and as much of the days before them, up
 * to the same time of the clock: of whole calendar months, the same months before. null when the days are
 * over, or have not begun. */
export function elapsed(since: string, until: string, zone: string, now: number): Elapsed | null {
  const ends = [since, until].map((day) => momentAt(`${day}T00:00`, zone).getTime())
  if (now <= (ends[0] as number) || now > (ends[1] as number)) return null
  const wall = new Date(now + offsetAt(now, zone)).toISOString().slice(0, 19)
  const [first, last, day] = [since, until, wall.slice(0, 10)].map(dayNumber) as [number, number, number]
  const back = (one: number) =>
    since.endsWith('-01') && until.endsWith('-01')
      ? monthsLater(one, -monthsBetween(first, last))
      : one - (last - first)
  const ended = momentAt(`${dayName(back(day))}T${wall.slice(11)}`, zone).getTime()
  return {
    until: new Date(now).toISOString(),
    compare: {
      since: momentAt(`${dayName(back(first))}T00:00`, zone).toISOString(),
      until: new Date(Math.min(ended, ends[0] as number)).toISOString(),
    },
  }
}

const dayNumber = (day: string) => Date.parse(`${day}T00:00:00Z`) / DAY
const dayName = (number: number) => new Date(number * DAY).toISOString().slice(0, 10)

function monthsBetween(first: number, last: number): number {
  const [from, to] = [new Date(first * DAY), new Date(last * DAY)]
  return (to.getUTCFullYear() - from.getUTCFullYear()) * 12 + to.getUTCMonth() - from.getUTCMonth()
}

/** The same day of another month; beyond its last, the first of the next. */
function monthsLater(day: number, months: number): number {
  const date = new Date(day * DAY)
  const there = (more: number, on: number) =>
    Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months + more, on) / DAY
  return Math.min(there(0, date.getUTCDate()), there(1, 1))
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
