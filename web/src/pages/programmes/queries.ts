/** What the pages of programmes ask. */
import { useQueries, useQuery, useQueryClient } from '@tanstack/preact-query'
import { answered, vantio } from '../../api/client'
import { type Filters, numberOf, textOf, useReport, windowOf } from '../../api/queries'
import type { components } from '../../api/types/vantio'
import { formatMoney } from '../../formats'
import { type PageOf, usePaged } from '../../parts/Paged'
import { startOfDay, useRange } from '../../state/range'

type Shapes = components['schemas']
export type Program = Shapes['Program']
export type User = Shapes['User']
export type Poster = Shapes['Poster']
export type Referral = Shapes['Referral']
export type Earning = Shapes['Earning']
export type Stage = Shapes['Stage']
export type Webhook = Shapes['Webhook']

const LIMIT = 100

function pageOf<Row extends { id: string }>(rows: Row[]): PageOf<Row> {
  return { rows, next: rows.length === LIMIT ? (rows.at(-1)?.id ?? null) : null }
}

export function usePrograms() {
  return usePaged<Program>(['vantio', 'programs'], async (cursor, signal) => {
    const params = { query: { limit: LIMIT, cursor } }
    return pageOf((await answered(vantio.GET('/api/v1/programs', { params, signal }))).programs)
  })
}

export function useProgram(id: string) {
  return useQuery({
    queryKey: ['vantio', 'programs', id],
    queryFn: ({ signal }) =>
      answered(vantio.GET('/api/v1/programs/{id}', { params: { path: { id } }, signal })),
  })
}

export function useUsers(programId: string) {
  return usePaged<User>(['vantio', 'users', programId], async (cursor, signal) => {
    const params = { query: { limit: LIMIT, cursor, programId } }
    return pageOf((await answered(vantio.GET('/api/v1/users', { params, signal }))).users)
  })
}

export function usePosters(programId: string) {
  return usePaged<Poster>(['vantio', 'posters', programId], async (cursor, signal) => {
    const params = { query: { limit: LIMIT, cursor, programId } }
    return pageOf((await answered(vantio.GET('/api/v1/posters', { params, signal }))).posters)
  })
}

/** The days that one looks at, as moments. */
function useBounds(): { since: string; until: string } {
  const [{ since, until, zone }] = useRange()
  return { since: startOfDay(since, zone), until: startOfDay(until, zone) }
}

/** Created in the days that one looks at. */
export function useReferrals(programId: string, status: string) {
  const bounds = useBounds()
  const key = ['vantio', 'referrals', programId, status, bounds]
  return usePaged<Referral>(key, async (cursor, signal) => {
    const params = { query: { limit: LIMIT, cursor, programId, status, ...bounds } }
    return pageOf((await answered(vantio.GET('/api/v1/referrals', { params, signal }))).referrals)
  })
}

/** Whom earnings are for, by the referral's id, whenever that was created. */
export function useReferralNames(programId: string, ids: string[]): Map<string, string> {
  const list = useQuery({
    queryKey: ['vantio', 'referrals', programId, 'names'],
    staleTime: 300_000,
    queryFn: async () => {
      const params = { query: { limit: LIMIT, programId } }
      return (await answered(vantio.GET('/api/v1/referrals', { params }))).referrals
    },
  })
  const listed = new Map((list.data ?? []).map((one) => [one.id, nameOf(one)]))
  const missing = list.isPending ? [] : [...new Set(ids)].filter((id) => !listed.has(id))
  const answers = useQueries({
    queries: missing.map((id) => ({
      queryKey: ['vantio', 'referral', id],
      staleTime: 300_000,
      retry: false,
      queryFn: () =>
        answered(vantio.GET('/api/v1/referrals/{id}', { params: { path: { id } } })),
    })),
  })
  for (const { data } of answers) if (data) listed.set(data.id, nameOf(data))
  return listed
}

/** Created in the days that one looks at. */
export function useEarnings(programId: string, status: string) {
  const bounds = useBounds()
  const key = ['vantio', 'earnings', programId, status, bounds]
  return usePaged<Earning>(key, async (cursor, signal) => {
    const params = { query: { limit: LIMIT, cursor, program_id: programId, status, ...bounds } }
    return pageOf((await answered(vantio.GET('/api/v1/earnings', { params, signal }))).earnings)
  })
}

/** Referrals and earnings of the days that one looks at. */
export function useFunnel(groupBy: 'program' | 'poster' | 'student', programId = '') {
  const { since, until } = useBounds()
  return useQuery({
    queryKey: ['vantio', 'funnel', groupBy, programId, since, until],
    queryFn: ({ signal }) => {
      const query = { groupBy, since, until, ...(programId ? { programId } : {}) }
      return answered(vantio.GET('/api/v1/funnel', { params: { query }, signal }))
    },
  })
}

export function byId(stages: Stage[] | undefined): Map<string, Stage> {
  return new Map((stages ?? []).map((stage) => [stage.id, stage]))
}

/** What counts, by the values of a column. */
export function useCounts(column: 'program' | 'poster' | 'ambassador', filters: Filters) {
  const [range] = useRange()
  const report = useReport({
    ...windowOf(range),
    metrics: ['counted'],
    dimensions: [column],
    filters: { source: 'vantio', ...filters },
    top: 1000,
  })
  const counts = new Map(
    (report.data?.rows ?? []).map((row) => [textOf(row, column), numberOf(row, 'counted')]),
  )
  /** null: not known yet, or left out of the report. */
  return (id: string): number | null =>
    counts.get(id) ?? (report.data && report.data.omitted === 0 ? 0 : null)
}

/** `Gym · Sam Lee`: what posters are called, those that are deleted not. */
export function usePosterNames(ids: string[]): Map<string, string> {
  const answers = useQueries({
    queries: ids.map((id) => ({
      queryKey: ['vantio', 'poster', id],
      staleTime: 300_000,
      retry: false,
      queryFn: () => answered(vantio.GET('/api/v1/posters/{id}', { params: { path: { id } } })),
    })),
  })
  return new Map(
    answers.flatMap(({ data }) => (data ? [[data.id, data.location || data.short_url]] : [])),
  )
}

export function useUserNames(programId: string): Map<string, string> {
  const users = useUsers(programId)
  return new Map((users.data ?? []).map((user) => [user.id, nameOf(user)]))
}

export function nameOf(person: { first_name: string; last_name: string; email?: string }): string {
  return `${person.first_name} ${person.last_name}`.trim() || (person.email ?? '')
}

/** What a poster is called: its place, or its link where it has none. */
export function placeOf(poster: Poster): string {
  return poster.location || poster.short_url.replace(/^https?:\/\//, '')
}

/** Amounts of several currencies: `€12.50 + $3.00`. */
export function amountsText(amounts: Record<string, number> | undefined): string {
  return Object.entries(amounts ?? {})
    .filter(([, amount]) => amount > 0)
    .map(([currency, amount]) => formatMoney(amount, currency))
    .join(' + ')
}

/** After a change: everything of programmes is fetched again. */
export function useRefresh(): () => Promise<void> {
  const queries = useQueryClient()
  return () => queries.invalidateQueries({ queryKey: ['vantio'] })
}
