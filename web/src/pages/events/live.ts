import { useEffect, useState } from 'preact/hooks'
import { useFollowing } from '../../parts/following'
import { parametersOf, type Filter } from './filters'
import type { EventShown } from './queries'

const KEPT = 200

/** What was recorded after the event `after`, the newest first, while `on`. */
export function useLive(on: boolean, filters: Filter[], fields: string, after: string | undefined) {
  const [events, setEvents] = useState<EventShown[]>([])
  const [count, setCount] = useState(0)
  const search = new URLSearchParams([...parametersOf(filters), ['fields', fields]]).toString()
  useEffect(() => {
    setEvents([])
    setCount(0)
  }, [on, search, after])
  // It begins where the list ends.
  const connection = useFollowing(search, on ? after : undefined, (event) => {
    setEvents((before) => [event, ...before].slice(0, KEPT))
    setCount((before) => before + 1)
  })
  return { events, count, connection }
}
