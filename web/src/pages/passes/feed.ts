import { useQueryClient } from '@tanstack/preact-query'
import { useEffect, useState } from 'preact/hooks'
import { send } from '../../api/client'
import type { components } from '../../api/types/native'

export type DoorEvent = components['schemas']['EventShown']
export type Connection = 'connecting' | 'open' | 'lost'

// Many: an upload of hundreds must not hide who came last with a network.
const KEPT = 200
const FIELDS =
  'id,occurred_at,received_at,reader,scan_status,scan_status_detail,scan_value,wallet_pass'
/** What arrives later than this was uploaded by a reader that had no network. */
const LATE = 30_000

/** The newest scans at a door, or at all of them, the newest first. */
export function useDoorFeed(reader: string): [DoorEvent[], Connection] {
  const [events, setEvents] = useState<DoorEvent[]>([])
  const [state, setState] = useState<Connection>('connecting')
  const queries = useQueryClient()
  useEffect(() => {
    let stopped = false
    setEvents([])
    setState('connecting')
    const asked = { source: 'passentry', fields: FIELDS, ...(reader ? { reader } : {}) }
    const stream = new EventSource(`/events/live?${new URLSearchParams(asked)}`)
    const add = (told: DoorEvent[]) => setEvents((before) => merged(before, told))
    stream.onopen = () => {
      setState('open')
      // What came before the stream began; each is shown once.
      const past = new URLSearchParams({ ...asked, limit: String(KEPT), total: 'none' })
      send('GET', `/events?${past}`).then(
        (page) => !stopped && add((page as { events: DoorEvent[] }).events),
        () => !stopped && setState('lost'),
      )
    }
    stream.onerror = () => setState('lost')
    stream.addEventListener('event', (message: MessageEvent<string>) => {
      add([JSON.parse(message.data) as DoorEvent])
      for (const queryKey of [['report'], ['scans'], ['scan-conflicts']])
        void queries.invalidateQueries({ queryKey }, { cancelRefetch: false })
    })
    return () => {
      stopped = true
      stream.close()
    }
  }, [reader, queries])
  return [events, state]
}

function merged(before: DoorEvent[], told: DoorEvent[]): DoorEvent[] {
  const all = new Map([...before, ...told].map((one) => [one.id ?? '', one]))
  // Ids grow with the time of receipt.
  return [...all.values()]
    .sort((a, b) => (BigInt(b.id ?? 0) > BigInt(a.id ?? 0) ? 1 : -1))
    .slice(0, KEPT)
}

export function wasLate(event: DoorEvent): boolean {
  return Date.parse(event.received_at ?? '') - Date.parse(event.occurred_at ?? '') > LATE
}
