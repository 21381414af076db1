import { useQueryClient } from '@tanstack/preact-query'
import { useEffect, useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { formatAgo, formatCountry } from '../formats'
import { strings } from '../strings'
import { useFeed } from './following'
import { Live } from './Live'

const SHOWN = 6
const FIELDS = 'id,occurred_at,kind,source,verdict,tracker,country,device,code'

/** The newest events, as they are recorded. */
export function LiveFeed(props: { filters?: Record<string, string> }) {
  const [now, setNow] = useState(Date.now())
  const queries = useQueryClient()
  const search = new URLSearchParams({ ...props.filters, fields: FIELDS }).toString()
  const [events, connection] = useFeed(search, SHOWN, () => {
    setNow(Date.now())
    void queries.invalidateQueries({ queryKey: ['report'] }, { cancelRefetch: false })
  })
  useEffect(() => {
    const clock = setInterval(() => setNow(Date.now()), 10_000)
    return () => clearInterval(clock)
  }, [])
  return (
    <>
      <Live of={connection} />
      <ol class="feed" aria-live="polite" aria-label={strings.overview.live}>
        {events.length === 0 && <li class="note">{strings.overview.liveWaiting}</li>}
        {events.map((one) => (
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
