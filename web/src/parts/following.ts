import { useEffect, useRef, useState } from 'preact/hooks'
import { type Connection, follow, type LiveEvent } from '../api/following'

/** Calls `onEvent` with what is recorded after the event `after`. Without `after` it follows nothing. */
export function useFollowing(
  search: string,
  after: string | undefined,
  onEvent: (event: LiveEvent) => void,
): Connection {
  const [connection, setConnection] = useState<Connection>({ state: 'connecting' })
  const call = useRef(onEvent)
  call.current = onEvent
  useEffect(() => {
    if (after === undefined) return
    return follow({
      search,
      from: { after },
      onEvent: (event) => call.current(event),
      onConnection: setConnection,
    })
  }, [search, after])
  return connection
}

/** The newest events that match, as they are recorded, the newest first: at most `kept`. `onEvent` is
 * called for each that comes. */
export function useFeed(
  search: string,
  kept: number,
  onEvent: () => void,
): [LiveEvent[], Connection] {
  const [events, setEvents] = useState<LiveEvent[]>([])
  const [connection, setConnection] = useState<Connection>({ state: 'connecting' })
  const call = useRef(onEvent)
  call.current = onEvent
  useEffect(() => {
    setEvents([])
    return follow({
      search,
      from: { newest: kept },
      onPage: setEvents,
      onEvent: (event) => {
        setEvents((before) => [event, ...before].slice(0, kept))
        call.current()
      },
      onConnection: setConnection,
    })
  }, [search, kept])
  return [events, connection]
}
