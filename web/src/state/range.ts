/** The window of time that every page looks at: in the address, so that a link shows the same. */
import { useCallback, useMemo } from 'preact/hooks'
import { useSearchParams } from 'wouter-preact'
import { momentAt } from '../moments'

export interface Range {
  /** The first day, `2026-07-01`. */
  since: string
  /** The day after the last, as the API takes it. */
  until: string
  /** An IANA name. */
  zone: string
  /** So many days up to today, or null for days that were picked. */
  days: number | null
}

export const PRESETS = [1, 7, 30, 90, 365] as const
const KEPT = 'footfall.range'
const DAY = 86_400_000

/** The zone of this browser. */
export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'

/** Today in a zone, as `2026-07-01`. */
export function today(zone: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(new Date())
}

/** So many calendar days later. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10)
}

export function daysBetween(since: string, until: string): number {
  return Math.round((Date.parse(`${until}T00:00:00Z`) - Date.parse(`${since}T00:00:00Z`)) / DAY)
}

interface Kept {
  days?: number
  zone?: string
}

function kept(): Kept {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? '{}') as Kept
  } catch {
    return {}
  }
}

/** Whether text is a day of the calendar: `2026-02-30` is not. */
function isDay(text: string): boolean {
  return !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) && addDays(text, 0) === text
}

function read(search: URLSearchParams): Range {
  const zone = known(search.get('zone')) ?? known(kept().zone ?? null) ?? ownZone
  const [since, until] = [search.get('since') ?? '', search.get('until') ?? '']
  if (isDay(since) && isDay(until) && since < until) return { since, until, zone, days: null }
  const wanted = Math.trunc(Number(search.get('days'))) || kept().days || 30
  const days = Math.min(3660, Math.max(1, wanted))
  const end = addDays(today(zone), 1)
  return { since: addDays(end, -days), until: end, zone, days }
}

/** The parameters of an address that name the range. */
const DAYS = ['days', 'since', 'until']

/** A search with this range in the place of its own. */
function withRange(search: URLSearchParams, range: Range): URLSearchParams {
  const next = new URLSearchParams(search)
  for (const name of [...DAYS, 'zone']) next.delete(name)
  if (range.days !== null) next.set('days', String(range.days))
  else {
    next.set('since', range.since)
    next.set('until', range.until)
  }
  next.set('zone', range.zone)
  return next
}

/** The search of an address that says which days and whose days. */
export function addressed(search: string): URLSearchParams {
  const given = new URLSearchParams(search)
  return withRange(given, read(given))
}

/** A path of the dashboard with the range of `search`, unless it names days or a zone itself. */
export function carried(path: string, search: URLSearchParams): string {
  const [, place, query = '', hash = ''] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/s.exec(path) ?? []
  const next = new URLSearchParams(query)
  const missing = DAYS.some((name) => next.has(name)) ? [] : DAYS
  for (const name of next.has('zone') ? missing : [...missing, 'zone']) {
    const value = search.get(name)
    if (value !== null) next.set(name, value)
  }
  return `${place}${next.size > 0 ? `?${next}` : ''}${hash}`
}

/** Whether two addresses show the same page, perhaps of other days or in another zone. */
export function isSamePage(one: string, other: string): boolean {
  const [first, second] = [one, other].map((address) => {
    const { pathname, searchParams } = new URL(address, location.href)
    for (const name of [...DAYS, 'zone']) searchParams.delete(name)
    return `${pathname}?${searchParams}`
  })
  return first === second
}

/** The zone, or null where this browser does not know it. */
export function known(zone: string | null): string | null {
  if (!zone) return null
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone && zone
  } catch {
    return null
  }
}

/** The range of this page, and how to change it. */
export function useRange(): [Range, (changed: Partial<Range>) => void] {
  const [search, setSearch] = useSearchParams()
  const text = search.toString()
  // Not by the address alone: a page that is left open over midnight shows the new day.
  const { since, until, zone, days } = read(new URLSearchParams(text))
  const range = useMemo(() => ({ since, until, zone, days }), [since, until, zone, days])
  const set = useCallback(
    (changed: Partial<Range>) => {
      setSearch((before) => {
        const days = changed.since ? { days: null } : {}
        const next = withRange(before, { ...read(before), ...days, ...changed })
        const visible = read(next)
        const recent = visible.days === null ? kept().days : visible.days
        localStorage.setItem(KEPT, JSON.stringify({ days: recent, zone: visible.zone }))
        return next
      })
    },
    [setSearch],
  )
  return [range, set]
}

/** What a chart of this range is drawn by. */
export function bucketOf(range: Range): 'hour' | 'day' | 'week' | 'month' {
  const days = daysBetween(range.since, range.until)
  return days <= 2 ? 'hour' : days <= 92 ? 'day' : days <= 400 ? 'week' : 'month'
}

/** When a day begins somewhere, as a moment: for the APIs that know no zones. */
export function startOfDay(day: string, zone: string): string {
  return momentAt(`${day}T00:00`, zone).toISOString()
}
