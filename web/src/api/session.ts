/** Whose page this is. A browser has one session for all its pages: the server knows it by a cookie,
 * and each page by the token of the session under which it was opened. */
import { refused, unreachable } from './refused'
import { urlOf } from './server'
import { unanswered } from './unanswered'

export type Role = 'owner' | 'editor' | 'viewer'

export interface Session {
  member: { id: number; email: string; name: string }
  account: { id: number; name: string; privacy?: string }
  role: Role
  scopes: string[]
  csrf: string
}

let page: Session | null = null
let onFound = (_: Session | null) => {}

/** Other pages of this browser learn of a change, and look for themselves. */
const pages = new BroadcastChannel('footfall.session')

/** Calls back with the session that the browser has now, whenever it may be another than this page's;
 * null when nobody is signed in. */
export function whenSessionFound(call: (found: Session | null) => void): () => void {
  onFound = call
  const look = () => void checkSession()
  const visible = (event: PageTransitionEvent) => event.persisted && look()
  pages.addEventListener('message', look)
  addEventListener('pageshow', visible)
  return () => {
    pages.removeEventListener('message', look)
    removeEventListener('pageshow', visible)
  }
}

/** The page is this member's from now on, or nobody's. */
export function setPageSession(session: Session | null) {
  if (page?.member.id !== session?.member.id) unanswered.clear()
  page = session
}

/** Whose requests this page sends; null when the page is nobody's. */
export function pageSession(): Session | null {
  return page
}

/** Who is signed in in this browser, or null. Raises Refused when the server cannot say. */
export async function currentSession(): Promise<Session | null> {
  const response = await sessionRequest('GET', '/session')
  if (response.status === 401) return null
  return sessionIn(response)
}

let checking: Promise<void> | null = null

/** Looks whether the session is still this page's; that of another goes to `whenSessionFound`. */
export function checkSession(): Promise<void> {
  checking ??= lookAgain().finally(() => {
    checking = null
  })
  return checking
}

async function lookAgain(): Promise<void> {
  let found: Session | null
  try {
    found = await currentSession()
  } catch {
    return // The server cannot say: nothing is known to have changed.
  }
  if (found !== null && found.member.id === page?.member.id) page = found
  else onFound(found)
}

export async function signIn(email: string, password: string): Promise<Session> {
  return begun(await sessionRequest('POST', '/session', { email, password }))
}

/** Takes a one-time link: the first owner, an invitation, or a forgotten password. */
export async function welcome(body: {
  token: string
  email?: string
  name?: string
  password: string
}): Promise<Session> {
  return begun(await sessionRequest('POST', '/session/welcome', body))
}

/** One's own. Every other session of the member ends; this one goes on as a new one. */
export async function changePassword(old: string, fresh: string): Promise<Session> {
  const session = await begun(await sessionRequest('POST', '/session/password', { old, new: fresh }))
  setPageSession(session)
  return session
}

/** Raises Refused when the session may be there still. */
export async function signOut(): Promise<void> {
  const response = await sessionRequest('DELETE', '/session')
  // 401: it ended already. 403: the browser's session is somebody else's by now, and stays.
  if (!response.ok && response.status !== 401 && response.status !== 403)
    throw refused(response.status, await response.text())
  pages.postMessage('ended')
}

/** These requests are about the browser's session, whoever's it is. */
function sessionRequest(method: string, path: string, body?: unknown): Promise<Response> {
  const token = page?.csrf
  const call = fetch(urlOf(path), {
    method,
    credentials: 'same-origin',
    headers: {
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(method === 'GET' || !token ? {} : { 'X-Footfall-Csrf': token }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return call.catch((problem: unknown) => {
    throw unreachable(problem)
  })
}

async function begun(response: Response): Promise<Session> {
  const session = await sessionIn(response)
  pages.postMessage('begun')
  return session
}

async function sessionIn(response: Response): Promise<Session> {
  const body: unknown = await response.json().catch(() => '')
  if (!response.ok) throw refused(response.status, body)
  return body as Session
}
