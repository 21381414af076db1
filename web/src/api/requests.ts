/** How the dashboard's requests go out: as whose page, and what is made is made once. */
import { checkSession, type Session, pageSession } from './session'
import { unanswered } from './unanswered'

const CSRF = 'X-Footfall-Csrf'

/** `fetch` for the APIs. Every request says by the session's token whose page this is, so that the
 * server answers nobody's page in the name of somebody who signed in beside it. When the session
 * goes on under another token (the password was changed elsewhere), it is sent again. */
export async function ask(request: Request): Promise<Response> {
  const body = request.method === 'GET' ? '' : await request.text()
  const key = request.method === 'POST' ? unanswered.key(`${request.url}\n${body}`) : null
  const session = pageSession()
  let response = await sent(request, body, key, session)
  if (response.status === 401 || response.status === 403) {
    // Another request may have looked while this one was under way.
    if (pageSession() === session) await checkSession()
    const found = pageSession()
    if (found?.member.id === session?.member.id && found?.csrf !== session?.csrf)
      response = await sent(request, body, key, found)
  }
  if (key !== null) unanswered.answered(key, response.status)
  return response
}

function sent(
  request: Request,
  body: string,
  key: string | null,
  session: Session | null,
): Promise<Response> {
  const headers = new Headers(request.headers)
  if (session) headers.set(CSRF, session.csrf)
  if (key !== null) headers.set('Idempotency-Key', key)
  const { method, signal } = request
  return fetch(request.url, {
    method,
    headers,
    signal,
    credentials: 'same-origin',
    ...(body === '' ? {} : { body }),
  })
}
