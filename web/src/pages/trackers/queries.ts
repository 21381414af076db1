/** What the pages of trackers ask. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/preact-query'
import { type Answer, answered, answeredWhole, ifMatch, native } from '../../api/client'
import { numberOf, textOf, useReport } from '../../api/queries'
import type { components } from '../../api/types/native'
import { usePaged } from '../../parts/Paged'
import { useChartWindow } from '../../state/elapsed'

type Schemas = components['schemas']
export type Tracker = Schemas['Tracker']
/** With the tag that a change sends, so that it undoes nobody else's. */
export type Tagged = Tracker & { etag: string }
export type TrackerRequest = Schemas['TrackerRequest']
export type TrackerChange = Schemas['TrackerChange']

export interface Wanted {
  search: string
  source: string
  status: string
}

export function useTrackers(wanted: Wanted) {
  return usePaged<Tracker>(
    ['trackers', wanted],
    async (cursor, signal) => {
      const query = {
        limit: 50,
        ...(cursor && { cursor: Number(cursor) }),
        ...(wanted.search && { search: wanted.search }),
        ...(wanted.source && { source: wanted.source }),
        ...(wanted.status && { paused: wanted.status === 'paused' }),
      }
      const page = await answered(native.GET('/trackers', { signal, params: { query } }))
      return { rows: page.trackers, next: page.cursor === null ? null : String(page.cursor) }
    },
    { keepPrevious: true },
  )
}

export function useTracker(id: string) {
  return useQuery({
    queryKey: ['tracker', id],
    queryFn: () =>
      tagged(native.GET('/trackers/{tracker_id}', { params: { path: { tracker_id: id } } })),
  })
}

async function tagged(call: Promise<Answer<Tracker>>): Promise<Tagged> {
  const { data, response } = await answeredWhole(call)
  return { ...(data as Tracker), etag: response.headers.get('ETag') ?? '' }
}

export function useMake() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: TrackerRequest) => answered(native.POST('/trackers', { body })),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['trackers'] }),
  })
}

/** With a tag, the change is refused when somebody else changed the tracker since (412). */
export function useChange(id: number, etag?: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: TrackerChange) =>
      tagged(
        native.PATCH('/trackers/{tracker_id}', {
          params: { path: { tracker_id: String(id) } },
          headers: ifMatch(etag),
          body,
        }),
      ),
    onSuccess: (tracker) => {
      queries.setQueryData(['tracker', String(id)], tracker)
      void queries.invalidateQueries({ queryKey: ['trackers'] })
    },
  })
}

export interface Counted {
  total: number
  values: number[]
}

/** The counts of many trackers over time, by one report. */
export function useCounts(ids: number[]): Map<number, Counted> | undefined {
  const { window, bucket } = useChartWindow()
  const report = useReport(
    {
      ...window,
      metrics: ['counted'],
      dimensions: ['tracker', { time: bucket }],
      filters: { tracker: ids },
      fill: true,
      top: 1000,
    },
    { enabled: ids.length > 0 },
  )
  if (report.data === undefined) return undefined
  const found = new Map<number, Counted>()
  for (const row of report.data.rows) {
    const id = Number(textOf(row, 'tracker'))
    const counted = found.get(id) ?? { total: 0, values: [] }
    counted.total += numberOf(row, 'counted')
    counted.values.push(numberOf(row, 'counted'))
    found.set(id, counted)
  }
  return found
}

export function nameOf(tracker: Tracker): string {
  return tracker.name || tracker.slug || `${tracker.id}`
}

/** Where the thing that it counts for has its own page. */
export function placeOf(tracker: Tracker): string | null {
  const places: Record<string, string> = {
    code: `/codes/${tracker.resource_id}`,
    poster: `/programmes/${tracker.references['program'] ?? ''}`,
    emailing: `/mailings/${tracker.resource_id}`,
    offer: `/offers/${tracker.resource_id}`,
    pass: `/passes/${tracker.resource_id}`,
  }
  return places[tracker.resource] ?? null
}
