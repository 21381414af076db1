/** What the pages of mailings ask. */
import { useQueries, useQuery, useQueryClient } from '@tanstack/preact-query'
import { answered, copernica, Refused } from '../../api/client'
import {
  numberOf,
  reportQuery,
  type ReportRequest,
  type Row,
  textOf,
  useReport,
  windowOf,
} from '../../api/queries'
import type { components } from '../../api/types/copernica'
import { usePaged } from '../../parts/Paged'
import { useRange } from '../../state/range'
import { strings } from '../../strings'

type Shapes = components['schemas']
export type Emailing = Shapes['Emailing']
export type MailLink = Shapes['Link']
export type Destination = Shapes['Destination']
export type Addressed = Shapes['Addressed']

const LIMIT = 50
export const DESTINATIONS_MAX = 10_000

/** Lists have the oldest first: the newest page is requested by how many there are. `end` is where the
 * page ends, "" for the last one. */
async function newest<Item>(
  end: string,
  ask: (start: number, limit: number) => Promise<{ data: Item[]; total?: number }>,
) {
  const last = end === '' ? ((await ask(0, 1)).total ?? 0) : Number(end)
  const start = Math.max(0, last - LIMIT)
  const rows = last === 0 ? [] : (await ask(start, last - start)).data.toReversed()
  return { rows, next: start > 0 ? String(start) : null }
}

export function useEmailings() {
  return usePaged<Emailing>(['copernica', 'emailings'], (end, signal) =>
    newest(end, (start, limit) => {
      const params = { query: { start, limit, total: true } }
      return answered(copernica.GET('/v4/publisher/emailings', { params, signal }))
    }),
  )
}

export function useDestinations(id: string) {
  return usePaged<Destination>(['copernica', 'destinations', id], (end, signal) =>
    newest(end, (start, limit) => {
      const params = { path: { id }, query: { start, limit, total: true } }
      return answered(
        copernica.GET('/v4/publisher/emailing/{id}/destinations', { params, signal }),
      )
    }),
  )
}

export function useEmailing(id: string) {
  return useQuery({
    queryKey: ['copernica', 'emailing', id],
    queryFn: ({ signal }) =>
      answered(
        copernica.GET('/v4/publisher/emailing/{id}', { params: { path: { id } }, signal }),
      ),
  })
}

export function useLinks(id: string) {
  return useQuery({
    queryKey: ['copernica', 'links', id],
    queryFn: async ({ signal }) => {
      const params = { path: { id }, query: { limit: 1000 } }
      const call = copernica.GET('/v4/publisher/emailing/{id}/links', { params, signal })
      return (await answered(call)).data
    },
  })
}

/** Its number comes in a header. */
export async function makeEmailing(body: Shapes['EmailingRequest']): Promise<string> {
  let number: string | null = null
  const call = copernica.POST('/v4/publisher/emailings', { body }).then((answer) => {
    number = answer.response.headers.get('X-Created')
    return answer
  })
  await answered(call)
  if (number === null) throw new Refused(0, strings.errors.unexpected)
  return number
}

/** URLs for recipients, new ones and those that are there. */
export function addressLinks(
  id: string,
  destinations: Shapes['Addressee'][],
  links: string[],
): Promise<Shapes['AddressedList']> {
  const params = { path: { id } }
  const body = { destinations, links }
  return answered(copernica.POST('/v4/publisher/emailing/{id}/links', { params, body }))
}

/** How often each kind and verdict happened, by emailing: `counts.get('7')?.open`. */
export interface Numbers {
  open: number
  openers: number
  machine: number
  click: number
  clickers: number
  delivery: number
  bounce: number
  unsubscribe: number
  complaint: number
}

const NOTHING: Numbers = {
  open: 0,
  openers: 0,
  machine: 0,
  click: 0,
  clickers: 0,
  delivery: 0,
  bounce: 0,
  unsubscribe: 0,
  complaint: 0,
}

function addUp(rows: Row[]): Map<string, Numbers> {
  const sums = new Map<string, Numbers>()
  for (const row of rows) {
    const id = textOf(row, 'emailing')
    const sum = sums.get(id) ?? { ...NOTHING }
    sums.set(id, sum)
    const [kind, verdict] = [textOf(row, 'kind'), textOf(row, 'verdict')]
    if (kind === 'open' && verdict === 'machine_open') sum.machine += numberOf(row, 'events')
    if (verdict !== 'counted' || !(kind in sum)) continue
    sum[kind as keyof Numbers] += numberOf(row, 'events')
    if (kind === 'open') sum.openers += numberOf(row, 'uniques')
    if (kind === 'click') sum.clickers += numberOf(row, 'uniques')
  }
  return sums
}

const TOP: Pick<ReportRequest, 'dimensions' | 'top'> = {
  dimensions: ['emailing', 'kind', 'verdict'],
  top: 1000,
}

/** Of one emailing. */
export function useNumbers(id: string) {
  const [range] = useRange()
  const report = useReport({
    ...windowOf(range),
    ...TOP,
    metrics: ['events', 'uniques'],
    filters: { source: 'copernica', emailing: id },
  })
  return { report, numbers: addUp(report.data?.rows ?? []).get(id) ?? NOTHING }
}

/** Of a list of emailings; null while they come. Without uniques, which cost more. */
export function useNumbersOf(ids: string[]): (id: string) => Numbers | null {
  const [range] = useRange()
  const chunks = Array.from({ length: Math.ceil(ids.length / LIMIT) }, (_, number) =>
    ids.slice(number * LIMIT, (number + 1) * LIMIT),
  )
  const reports = useQueries({
    queries: chunks.map((emailing) =>
      reportQuery({
        ...windowOf(range),
        ...TOP,
        metrics: ['events'],
        filters: { source: 'copernica', verdict: ['counted', 'machine_open'], emailing },
      }),
    ),
  })
  const numbers = addUp(reports.flatMap(({ data }) => data?.rows ?? []))
  return (id) =>
    reports[Math.floor(ids.indexOf(id) / LIMIT)]?.data ? (numbers.get(id) ?? NOTHING) : null
}

export function subjectOf(emailing: Emailing): string {
  return emailing.subject || strings.mailings.noSubject
}

export function useRefresh(): (deleted?: string) => Promise<void> {
  const queries = useQueryClient()
  return (deleted) => {
    // The page of a deleted mailing is still drawn at this moment, and must not ask for it again.
    if (deleted)
      queries.removeQueries({
        queryKey: ['copernica'],
        predicate: (query) => query.queryKey.includes(deleted),
      })
    return queries.invalidateQueries({ queryKey: ['copernica'] })
  }
}
