/** Numbers, dates and names, in the language of the page. */
import { localeOf } from './locale'
import { yearIn } from './moments'
import { moneyField } from './money'

const locale = localeOf(document.documentElement.lang, navigator.language)
const whole = new Intl.NumberFormat(locale)
const short = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 })
const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 })
const change = new Intl.NumberFormat(locale, {
  style: 'percent',
  maximumFractionDigits: 0,
  signDisplay: 'exceptZero',
})
const bytesFormat = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 })

export const formatCount = (count: number) => whole.format(count)
/** 12,345 as 12.3K: for places with no room. */
export const formatShort = (count: number) => short.format(count)
export const formatShare = (share: number) => percent.format(share)
/** 0.25 as +25%. */
export const formatChange = (share: number) => change.format(share)

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let unit = 0
  while (bytes >= 1000 && unit < units.length - 1) {
    bytes /= 1000
    unit += 1
  }
  return `${bytesFormat.format(bytes)} ${units[unit]}`
}

/** A moment, in a zone: `3 Jul 2026, 14:05`. */
export function formatMoment(iso: string | number, zone: string, seconds = false): string {
  return new Intl.DateTimeFormat(locale, {
    timeZone: zone,
    dateStyle: 'medium',
    timeStyle: seconds ? 'medium' : 'short',
  }).format(new Date(iso))
}

/** The time of day in a zone: `14:05:09`. */
export function formatTime(iso: string, zone: string): string {
  return new Intl.DateTimeFormat(locale, { timeZone: zone, timeStyle: 'medium' }).format(new Date(iso))
}

/** A moment in a list, with seconds; the year where it is another than now: `3 Jul, 14:05:09`. */
export function formatRow(iso: string, zone: string): string {
  const date = new Date(iso)
  const ours = yearIn(zone, date) === yearIn(zone, new Date())
  return new Intl.DateTimeFormat(locale, {
    timeZone: zone,
    day: 'numeric',
    month: 'short',
    ...(ours ? {} : { year: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).format(date)
}

/** A calendar day, whatever the zone: `3 Jul 2026`. */
export function formatDay(day: string): string {
  const date = new Date(`${day.slice(0, 10)}T00:00:00Z`)
  return new Intl.DateTimeFormat(locale, { timeZone: 'UTC', dateStyle: 'medium' }).format(date)
}

/** A bucket of a report by its local start: `2026-07-03` or `2026-07-03T14:00`. */
export function formatBucket(start: string, bucket: string): string {
  const date = new Date(start.length === 10 ? `${start}T00:00:00Z` : `${start.slice(0, 16)}:00Z`)
  const options: Intl.DateTimeFormatOptions =
    bucket === 'hour' || bucket === 'quarter_hour'
      ? { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }
      : bucket === 'month'
        ? { month: 'short', year: 'numeric' }
        : { day: 'numeric', month: 'short', weekday: 'short' }
  return new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' }).format(date)
}

const ago = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })

export function formatAgo(iso: string | number, now = Date.now()): string {
  const seconds = (new Date(iso).getTime() - now) / 1000
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [
    ['year', 31_536_000],
    ['month', 2_592_000],
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ]
  for (const [unit, size] of steps)
    if (Math.abs(seconds) >= size) return ago.format(Math.trunc(seconds / size), unit)
  return ago.format(Math.trunc(seconds), 'second')
}

/** How long: 7200 as 2 hours, in the largest unit of which it has one. */
export function formatDuration(seconds: number): string {
  const steps: [string, number][] = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ]
  const [unit, size] = steps.find(([, least]) => seconds >= least) ?? ['second', 1]
  const format = new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' })
  return format.format(Math.round(seconds / size))
}

/** The order of texts in a list. */
export const compareTexts = new Intl.Collator(locale).compare

const regions = new Intl.DisplayNames(locale, { type: 'region', fallback: 'code' })

/** NL as Netherlands; "" stays "". */
export function formatCountry(code: string): string {
  try {
    return code ? (regions.of(code) ?? code) : ''
  } catch {
    return code
  }
}

/** An amount in the smallest unit: 1250 and EUR as €12.50. */
export function formatMoney(amount: number, currency: string): string {
  const exact = moneyField(amount, currency) as Intl.StringNumericLiteral
  return new Intl.NumberFormat(locale, { style: 'currency', currency }).format(exact)
}

/** How far: 300 as 30 cm, 3000 as 3 m. */
export function formatDistance(millimetres: number): string {
  const metres = millimetres >= 1000
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: metres ? 'meter' : 'centimeter',
    maximumFractionDigits: 1,
  }).format(millimetres / (metres ? 1000 : 10))
}
