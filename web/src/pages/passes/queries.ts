import { useQuery } from '@tanstack/preact-query'
import { answered, passentry, Refused } from '../../api/client'
import type { components } from '../../api/types/passentry'

export type Pass = components['schemas']['PassResource']
export type Reader = components['schemas']['ReaderResource']
export type Scan = components['schemas']['ScanResource']
export type Conflict = components['schemas']['ConflictResource']
export type ReaderReport = components['schemas']['ReportAttributes']

/** All of the account: a venue has tens of them. */
export function useReaders() {
  return useQuery({
    queryKey: ['readers'],
    queryFn: async () => {
      const readers: Reader[] = []
      for (let page = 1, last = 1; page <= last; page += 1) {
        const answer = await patient(() =>
          answered(passentry.GET('/api/v1/readers', { params: { query: { perPage: 100, page } } })),
        )
        readers.push(...answer.data)
        last = answer.meta.totalPages
      }
      return readers
    },
  })
}

export function useTemplates() {
  return useQuery({
    queryKey: ['pass-templates'],
    queryFn: async () => {
      const query = { perPage: 100 }
      const answer = await answered(passentry.GET('/api/v1/pass-templates', { params: { query } }))
      return answer.data.map((one) => ({
        id: one.id,
        name: String((one.attributes as Record<string, unknown>)['name'] ?? one.id),
      }))
    },
  })
}

/** Between two reports: pages that are opened one after the other stay below ten a second. */
const PACE = 150

/** What uploads came to, by reader. One after the other: ten a second are answered. */
export function useReaderReports(readers: readonly Reader[] | undefined) {
  const ids = (readers ?? []).map((reader) => reader.id)
  return useQuery({
    queryKey: ['reader-reports', ids],
    enabled: ids.length > 0,
    staleTime: 60_000,
    queryFn: async () => {
      const reports = new Map<string, ReaderReport>()
      for (const id of ids) {
        if (reports.size > 0) await after(PACE)
        reports.set(id, await patient(() => reportOf(id)))
      }
      return reports
    },
  })
}

export async function reportOf(id: string): Promise<ReaderReport> {
  const path = { reader_id: id }
  const answer = await answered(
    passentry.GET('/api/v1/readers/{reader_id}/report', { params: { path } }),
  )
  return answer.data.attributes
}

/** Repeats a request that is refused because of too many in this second (429). */
export async function patient<Body>(ask: () => Promise<Body>): Promise<Body> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 429 || attempt >= 5) throw error
      await after(1_000)
    }
  }
}

function after(milliseconds: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, milliseconds))
}

/** How many numbers are missing, and whether there are more than the report lists. */
export function missingOf(report: ReaderReport): number {
  return report.missingSequences.reduce((sum, range) => sum + range.to - range.from + 1, 0)
}
