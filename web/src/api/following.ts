/** Events as they are recorded: `GET /events/live`, over whatever happens to the connection. A page of
 * what was there comes first, where it is wanted; then every event after it, none twice and none left
 * out. https://html.spec.whatwg.org/multipage/server-sent-events.html */
import { refused, Refused } from './refused'
import { ask } from './requests'
import { urlOf } from './server'
import type { components } from './types/native'

export type LiveEvent = components['schemas']['Event']
type Page = components['schemas']['EventPage']

/** `waiting`: the next attempt is `seconds` away; `refused`: there is none. */
export type Connection =
  | { state: 'connecting' | 'open' }
  | { state: 'waiting'; why: 'unreachable' | 'busy' | 'failing'; seconds: number }
  | { state: 'refused'; error: Refused }

export interface Follower {
  /** What the list narrows to, as a query. */
  search: string
  /** The last event that is known already, or how many of the newest to begin with. */
  from: { after: string } | { newest: number }
  onPage?: (events: LiveEvent[]) => void
  onEvent: (event: LiveEvent) => void
  onConnection: (connection: Connection) => void
}

const WAIT_SECONDS_MAX = 30
const RETRY_AFTER_SECONDS_MAX = 300
/** The server sends something every 15 seconds: after so long a silence the connection is gone. */
const SILENCE_MS = 40_000
/** A stream that was open for so long was no failure. */
const STEADY_MS = 10_000

/** Follows until the returned function is called, or the server refuses for good. */
export function follow(follower: Follower): () => void {
  const stopping = new AbortController()
  void run(follower, stopping.signal)
  return () => stopping.abort()
}

async function run(follower: Follower, stop: AbortSignal) {
  const place = { after: 'after' in follower.from ? follower.from.after : '' }
  let failures = 0
  while (!stop.aborted) {
    const begun = Date.now()
    follower.onConnection({ state: 'connecting' })
    const problem = await attempt(follower, place, stop)
    if (stop.aborted) return
    if (problem instanceof Refused && isFinal(problem)) {
      follower.onConnection({ state: 'refused', error: problem })
      return
    }
    failures = Date.now() - begun > STEADY_MS ? 1 : failures + 1
    await pause(follower, waitSeconds(problem, failures), whyOf(problem), stop)
  }
}

/** One connection, to its end. What ended it, as a Refused; null when the server closed it. */
async function attempt(
  follower: Follower,
  place: { after: string },
  stop: AbortSignal,
): Promise<Refused | null> {
  const ending = new AbortController()
  const { signal } = ending
  const end = () => ending.abort()
  stop.addEventListener('abort', end)
  let clock = setTimeout(end, SILENCE_MS)
  const heard = () => {
    clearTimeout(clock)
    clock = setTimeout(end, SILENCE_MS)
  }
  try {
    if (place.after === '' && 'newest' in follower.from) {
      const search = `limit=${follower.from.newest}&total=none&${follower.search}`
      const page = (await (await opened(`/events?${search}`, 'json', signal)).json()) as Page
      if (stop.aborted) return null
      place.after = page.as_of
      follower.onPage?.(page.events)
    }
    const stream = await opened(
      `/events/live?${follower.search}&after=${place.after}`,
      'text/event-stream',
      signal,
    )
    heard()
    follower.onConnection({ state: 'open' })
    for await (const message of messagesOf(stream, heard)) {
      if (stop.aborted) return null
      if (message.event === 'error') throw ended(message.data)
      if (message.event !== 'event') continue
      place.after = message.id
      follower.onEvent(JSON.parse(message.data) as LiveEvent)
    }
    return null
  } catch (problem) {
    return problem instanceof Refused ? problem : new Refused(0, 'unreachable', 'unreachable')
  } finally {
    clearTimeout(clock)
    stop.removeEventListener('abort', end)
    end()
  }
}

/** An answer of this type. Raises Refused for any other, which has no words for a reader. */
async function opened(path: string, type: string, signal: AbortSignal): Promise<Response> {
  const response = await ask(
    new Request(urlOf(path), { credentials: 'same-origin', signal }),
  )
  if (!response.ok) {
    const body: unknown = await response.json().catch(() => '')
    throw refused(response.status, body, response.headers.get('Retry-After'))
  }
  if (response.headers.get('Content-Type')?.includes(type)) return response
  throw new Refused(502, '')
}

/** What the server says when it cannot read on: a stream has its status already. */
function ended(data: string): Refused {
  const error = refused(500, JSON.parse(data))
  return /unavailable|rate_limited/.test(error.code) ? new Refused(503, error.message) : error
}

/** The messages of a stream, from their lines. */
async function* messagesOf(response: Response, heard: () => void) {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    heard()
    rest += decoder.decode(value, { stream: true })
    const blocks = rest.split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const message = { event: '', id: '', data: '' }
      for (const line of block.split('\n')) {
        const name = line.split(':', 1)[0]
        if (name === 'event' || name === 'id' || name === 'data')
          message[name] = line.replace(/^[^:]*: ?/, '')
      }
      yield message
    }
  }
}

/** Whether the same request would bring the same. After 401 either somebody signs in, and this page is
 * over, or the server could not say who is signed in. */
function isFinal({ status }: Refused): boolean {
  return status >= 400 && status < 500 && ![401, 408, 425, 429].includes(status)
}

function whyOf(problem: Refused | null): 'unreachable' | 'busy' | 'failing' {
  if (problem === null || problem.status === 0) return 'unreachable'
  return problem.status === 429 || problem.status === 503 ? 'busy' : 'failing'
}

/** Longer after each failure, never together with everybody else, and not before the server says. */
function waitSeconds(problem: Refused | null, failures: number): number {
  const growing = Math.min(WAIT_SECONDS_MAX, 2 ** failures) * (0.5 + Math.random() / 2)
  const wanted = Math.min(RETRY_AFTER_SECONDS_MAX, problem?.retryAfterSeconds ?? 0)
  return Math.ceil(Math.max(1, growing, wanted))
}

/** Waits and says for how long still. A network that comes back ends it, unless the server said when. */
async function pause(
  follower: Follower,
  seconds: number,
  why: 'unreachable' | 'busy' | 'failing',
  stop: AbortSignal,
) {
  let back = false
  const online = () => {
    back = why === 'unreachable'
  }
  addEventListener('online', online)
  const end = Date.now() + seconds * 1000
  while (!stop.aborted && !back && Date.now() < end) {
    const left = Math.ceil((end - Date.now()) / 1000)
    follower.onConnection({ state: 'waiting', why, seconds: left })
    await new Promise((done) => setTimeout(done, Math.min(1000, end - Date.now())))
  }
  removeEventListener('online', online)
}
