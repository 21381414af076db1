import { useEffect, useRef, useState } from 'preact/hooks'
import type { components } from '../api/types/native'

export type LiveEvent = components['schemas']['EventShown']

/** Calls `onEvent` with what is recorded after the event `after`: nothing is left out, nothing comes
 * twice. Without `after` it follows nothing. The browser connects again by itself. */
export function useFollowing(
  search: string,
  after: string | undefined,
  onEvent: (told: LiveEvent) => void,
) {
  const [state, setState] = useState<'connecting' | 'open' | 'lost'>('connecting')
  const call = useRef(onEvent)
  call.current = onEvent
  useEffect(() => {
    setState('connecting')
    if (after === undefined) return
    const stream = new EventSource(`/events/live?${search}&after=${after}`)
    stream.onopen = () => setState('open')
    stream.onerror = () => setState('lost')
    stream.addEventListener('event', (message: MessageEvent<string>) =>
      call.current(JSON.parse(message.data) as LiveEvent),
    )
    return () => stream.close()
  }, [search, after])
  return state
}
