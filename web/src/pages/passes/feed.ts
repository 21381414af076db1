import { useQueryClient } from '@tanstack/preact-query'
import type { Connection, LiveEvent } from '../../api/following'
import { useFeed } from '../../parts/following'

export type ReaderEvent = LiveEvent

// Many: an upload of hundreds must not hide who came last with a network.
const KEPT = 200
const FIELDS =
  'id,occurred_at,received_at,reader,scan_status,scan_status_detail,scan_value,wallet_pass'
/** What arrives later than this was uploaded by a reader that had no network. */
const LATE = 30_000

/** The newest scans at one reader, or at all of them, the newest first. */
export function useReaderFeed(reader: string): [ReaderEvent[], Connection] {
  const queries = useQueryClient()
  const filters = { source: 'passentry', fields: FIELDS, ...(reader ? { reader } : {}) }
  return useFeed(new URLSearchParams(filters).toString(), KEPT, () => {
    for (const queryKey of [['report'], ['scans'], ['scan-conflicts']])
      void queries.invalidateQueries({ queryKey }, { cancelRefetch: false })
  })
}

export function wasLate(event: ReaderEvent): boolean {
  return Date.parse(event.received_at ?? '') - Date.parse(event.occurred_at ?? '') > LATE
}
