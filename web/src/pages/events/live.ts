import { useEffect, useState } from 'preact/hooks'
import { parametersOf, type Filter } from './filters'
import type { EventShown } from './questions'

const KEPT = 200

/** What was recorded after the event `after`, the newest first, while `on`. */
export function useLive(on: boolean, filters: Filter[], fields: string, after: string | undefined) {
  const [events, setEvents] = useState<EventShown[]>([])
  const [count, setCount] = useState(0)
  const [state, setState] = useState<'connecting' | 'open' | 'lost'>('connecting')
  const asked = new URLSearchParams([...parametersOf(filters), ['fields', fields]]).toString()
  useEffect(() => {
    setEvents([])
    setCount(0)
    setState('connecting')
    if (!on || after === undefined) return
    // It begins where the list ends: nothing is left out, nothing comes twice.
    const stream = new EventSource(`/events/live?${asked}&after=${after}`)
    stream.onopen = () => setState('open')
    stream.onerror = () => setState('lost')
    stream.addEventListener('event', (message: MessageEvent<string>) => {
      const told = JSON.parse(message.data) as EventShown
      setEvents((before) => [told, ...before].slice(0, KEPT))
      setCount((before) => before + 1)
    })
    return () => stream.close()
  }, [on, asked, after])
  return { events, count, state }
}
