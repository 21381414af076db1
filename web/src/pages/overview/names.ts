import { useQueries } from '@tanstack/preact-query'
import { answered, native } from '../../api/client'

/** What trackers are called, by id; those that are gone have no name. */
export function useTrackerNames(ids: string[]): Map<string, string> {
  const answers = useQueries({
    queries: ids
      .filter((id) => id !== '' && id !== '0')
      .map((id) => ({
        queryKey: ['tracker', id],
        staleTime: 300_000,
        queryFn: () =>
          answered(native.GET('/trackers/{tracker_id}', { params: { path: { tracker_id: id } } })),
      })),
  })
  return new Map(
    answers.flatMap(({ data }) =>
      data === undefined ? [] : [[String(data.id), data.name || data.slug] as const],
    ),
  )
}
