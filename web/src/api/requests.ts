/** How the dashboard's requests go out: as whose page, and each thing that is made made once. */
import { checkSession, pageToken } from './session'
import { unanswered } from './unanswered'

const CSRF = 'X-Footfall-Csrf'

/** `fetch` for the APIs. Every request says by the session's token whose page this is, so that the
 * server answers nobody's page in the name of somebody who signed in beside it. When the session
 * goes on under another token (the password was changed elsewhere), it is sent again. */
export async function ask(request: Request): Promise<Response> {
  const key = request.method === 'POST' ? await unanswered.key(request) : null
  const again = request.clone()
  let response = await fetch(signed(request, key))
  if (response.status === 401 || response.status === 403) {
    const before = pageToken()
    if ((await checkSession()) && pageToken() !== before) response = await fetch(signed(again, key))
  }
  if (key !== null) unanswered.answered(key, response.status)
  return response
}

function signed(request: Request, key: string | null): Request {
  const token = pageToken()
  if (token) request.headers.set(CSRF, token)
  if (key !== null) request.headers.set('Idempotency-Key', key)
  return request
}
