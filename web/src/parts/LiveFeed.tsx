import { useQuery, useQueryClient } from '@tanstack/preact-query'
import { useEffect, useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { send } from '../api/client'
import type { components } from '../api/types/native'
import { formatAgo, formatCountry } from '../formats'
import { strings } from '../strings'
import { type LiveEvent, useFollowing } from './following'

type EventPage = components['schemas']['EventPage']

const SHOWN = 6
const FIELDS = 'id,occurred_at,kind,source,verdict,tracker,country,device,code'

/** The newest events, as they are recorded. The browser connects again by itself. */
export function LiveFeed(props: { filters?: Record<string, string> }) {
  const [events, setEvents] = useState<LiveEvent[]>([])
  const [now, setNow] = useState(Date.now())
  const queries = useQueryClient()
  const search = new URLSearchParams({ ...props.filters, fields: FIELDS }).toString()
  const newest = useNewest(search)
  const state = useFollowing(search, newest.data?.as_of, (told) => {
    setEvents((before) => [told, ...before].slice(0, SHOWN))
    setNow(Date.now())
    void queries.invalidateQueries({ queryKey: ['report'] }, { cancelRefetch: false })
  })
  useEffect(() => {
    const clock = setInterval(() => setNow(Date.now()), 10_000)
    return () => clearInterval(clock)
  }, [])
  const shown = [...events, ...(newest.data?.events ?? [])].slice(0, SHOWN)
  return (
    <>
      <p class={`pulse ${state}`}>{strings.overview.liveStates[state]}</p>
      <ol class="feed" aria-live="polite" aria-label={strings.overview.live}>
        {shown.length === 0 && <li class="note">{strings.overview.liveWaiting}</li>}
        {shown.map((one) => (
          <li key={one.id}>
            <Link href={`/events/${one.id}`}>{strings.overview.kinds[one.kind ?? ''] ?? one.kind}</Link>
            <span>
              {[
                strings.overview.sourceNames[one.source ?? ''] ?? one.source,
                one.country && formatCountry(one.country),
                strings.overview.deviceNames[one.device ?? ''],
              ]
                .filter(Boolean)
                .join(' · ')}
            </span>
            {one.verdict !== 'counted' && (
              <span class="badge">{strings.verdicts[one.verdict ?? ''] ?? one.verdict}</span>
            )}
            <time dateTime={one.occurred_at ?? ''}>{formatAgo(one.occurred_at ?? now, now)}</time>
          </li>
        ))}
      </ol>
    </>
  )
}

/** The last ones before the feed began: it goes on right after them. */
function useNewest(search: string) {
  return useQuery({
    queryKey: ['newest', search],
    queryFn: async () =>
      (await send('GET', `/events?limit=${SHOWN}&total=none&${search}`)) as EventPage,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
}
