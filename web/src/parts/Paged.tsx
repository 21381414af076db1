/** Lists that come in pages. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/preact-query'
import { strings } from '../strings'

/** `next`: where the page after this one begins, null when there is none. */
export interface PageOf<Row> {
  rows: Row[]
  next: string | null
}

/** `keepPrevious`: while a changed key loads, the rows of the key before stay. */
export function usePaged<Row>(
  key: readonly unknown[],
  ask: (cursor: string, signal: AbortSignal) => Promise<PageOf<Row>>,
  options?: { keepPrevious: boolean },
) {
  const query = useInfiniteQuery({
    queryKey: key,
    ...(options?.keepPrevious && { placeholderData: keepPreviousData }),
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => ask(pageParam, signal),
    getNextPageParam: (last) => last.next,
  })
  return {
    data: query.data?.pages.flatMap((page) => page.rows),
    error: query.error,
    isPending: query.isPending,
    refetch: query.refetch,
    more: query.hasNextPage ? () => void query.fetchNextPage() : null,
    loadingMore: query.isFetchingNextPage,
  }
}

/** The button under a list that has more. */
export function More(props: { of: { more: (() => void) | null; loadingMore: boolean } }) {
  if (props.of.more === null) return null
  return (
    <p class="row">
      <button type="button" disabled={props.of.loadingMore} onClick={props.of.more}>
        {strings.common.more}
      </button>
    </p>
  )
}
