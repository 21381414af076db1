/** The questions that many pages ask. */
import { keepPreviousData, useQuery } from '@tanstack/preact-query'
import type { Range } from '../state/range'
import { answered, native } from './client'
import type { components } from './types/native'

export type ReportRequest = components['schemas']['ReportRequest']
/** Dimensions and metrics by name, and `previous`. */
export type Row = Record<string, unknown>
export type Report = components['schemas']['ReportBody'] & { rows: Row[]; totals: Row; other: Row | null }
export type Explained = components['schemas']['Explained']
export type Filters = NonNullable<ReportRequest['filters']>

/** The window of a range, as reports take it. */
export function windowOf(range: Range) {
  return { since: range.since, until: range.until, zone: range.zone }
}

/** A report as useQueries takes it: for several at once. */
export function reportQuery(request: ReportRequest) {
  return {
    queryKey: ['report', request],
    queryFn: async ({ signal }: { signal: AbortSignal }) =>
      (await answered(native.POST('/reports', { body: request, signal }))) as Report,
  }
}

/** A report; `live` asks again every few seconds. The old answer stands while a new one comes. */
export function useReport(request: ReportRequest, options: { live?: boolean; enabled?: boolean } = {}) {
  return useQuery({
    ...reportQuery(request),
    placeholderData: keepPreviousData,
    enabled: options.enabled ?? true,
    refetchInterval: options.live ? 5_000 : false,
  })
}

export function useExplained(range: Range, filters: Filters) {
  const body = { ...windowOf(range), filters }
  return useQuery({
    queryKey: ['explain', body],
    queryFn: ({ signal }) => answered(native.POST('/counts/explain', { body, signal })),
  })
}

/** The rows of the report's own window: a bucket that only the other window has has no `time`. */
export function rowsInWindow(report: Report): Row[] {
  return report.rows.filter((row) => row['time'] !== null)
}

/** A number of a report's row: metrics that were not requested are 0. */
export function numberOf(row: Row | null | undefined, name: string): number {
  const value = row?.[name]
  return typeof value === 'number' ? value : 0
}

export function textOf(row: Row, name: string): string {
  const value = row[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
