import { useQueries, useQuery } from '@tanstack/preact-query'
import { answered, native } from '../../api/client'
import { strings } from '../../strings'

const FEW = 12
const NONE = '0'

export function trackerName(id: string, names?: Map<string, string>): string {
  if (id === NONE) return strings.overview.noTracker
  return names?.get(id) ?? strings.overview.tracker(id)
}

/** The page of a tracker, where there is one. */
export function trackerPage(id: string): string | undefined {
  return id === NONE ? undefined : `/trackers/${id}`
}

/** Names of trackers, by id; a deleted one has none. One request fetches many. */
export function useTrackerNames(ids: string[]): Map<string, string> {
  const list = useQuery({
    queryKey: ['trackers', 'names'],
    staleTime: 300_000,
    enabled: ids.length > FEW,
    queryFn: () => answered(native.GET('/trackers', { params: { query: { limit: 500 } } })),
  })
  const listed = ids.length > FEW ? (list.data?.trackers ?? []) : []
  const known = new Map(listed.map((one) => [String(one.id), one.name || one.slug]))
  const waiting = ids.length > FEW && list.isPending
  const answers = useQueries({
    queries: ids
      .filter((id) => id !== '' && id !== NONE && !known.has(id) && !waiting)
      .map((id) => ({
        queryKey: ['tracker', id],
        staleTime: 300_000,
        queryFn: () =>
          answered(native.GET('/trackers/{tracker_id}', { params: { path: { tracker_id: id } } })),
      })),
  })
  for (const { data } of answers)
    if (data !== undefined) known.set(String(data.id), data.name || data.slug)
  return known
}
