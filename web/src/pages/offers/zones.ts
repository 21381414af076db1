import { useQuery } from '@tanstack/preact-query'
import { answered, everflow } from '../../api/client'
import { addDays, daysBetween, type Range } from '../../state/range'

/** What a network report takes of a range: it knows a hundred zones by number. */
export interface Span {
  from: string
  to: string
  timezone_id: number
  /** Whether its days are the days of the range's zone. */
  own: boolean
}

const UTC = 67
const DAY = 86_400_000

/** `undefined` until the zones are known. */
export function useSpan(range: Range): Span | undefined {
  const zones = useQuery({
    queryKey: ['network-zones'],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => (await answered(everflow.GET('/v1/meta/timezones'))).timezones,
  })
  if (!zones.data) return undefined
  const same = zones.data.find((zone) => zone.timezone === range.zone) ?? likeOf(range, zones.data)
  if (same)
    return {
      from: range.since,
      to: addDays(range.until, -1),
      timezone_id: same.timezone_id,
      own: true,
    }
  // No zone of theirs has these days: the same moments, in UTC.
  return {
    from: inUtc(range.since, range.zone),
    to: inUtc(range.until, range.zone),
    timezone_id: UTC,
    own: false,
  }
}

/** One whose clocks show the same as the range's zone, on all of its days. */
function likeOf<Zone extends { timezone: string }>(range: Range, zones: Zone[]): Zone | undefined {
  const days = daysBetween(range.since, range.until)
  let alike = zones
  for (let day = 0; day <= days && alike.length > 0; day += 1) {
    const noon = Date.parse(`${range.since}T12:00:00Z`) + day * DAY
    const offset = offsetOf(noon, range.zone)
    alike = alike.filter((zone) => offsetOf(noon, zone.timezone) === offset)
  }
  return alike[0]
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** How far a zone's clocks are ahead of UTC at a moment, in milliseconds. */
function offsetOf(moment: number, zone: string): number {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
    formats.set(zone, format)
  }
  const parts = Object.fromEntries(format.formatToParts(moment).map((one) => [one.type, one.value]))
  const day = `${parts['year']}-${parts['month']}-${parts['day']}`
  const time = `${parts['hour']}:${parts['minute']}:${parts['second']}`
  return Date.parse(`${day}T${time}Z`) - moment
}

/** The moment at which a day begins in a zone, as `2026-07-01 22:00:00` of UTC. */
function inUtc(day: string, zone: string): string {
  const midnight = Date.parse(`${day}T00:00:00Z`)
  // Twice: the clocks may change between the guess and the moment.
  const guess = midnight - offsetOf(midnight, zone)
  const moment = midnight - offsetOf(guess, zone)
  return new Date(moment).toISOString().slice(0, 19).replace('T', ' ')
}
