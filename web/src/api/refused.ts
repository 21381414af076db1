/** What is wrong when a request brings no answer that can be used. */

/** An answer from 400 on, in the words of the server. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly code = '',
    readonly body: unknown = null,
    /** When the server said to come back; 0 where it said nothing. */
    readonly retryAfterSeconds = 0,
  ) {
    super(message)
  }
}

/** A request that got no answer; one that was called off stays what it is. */
export function unreachable(problem: unknown): unknown {
  if (problem instanceof DOMException && problem.name === 'AbortError') return problem
  return new Refused(0, 'unreachable', 'unreachable')
}

/** An answer that is no success, as an error. */
export function refused(status: number, body: unknown, retryAfter: string | null = null): Refused {
  const seconds = secondsOf(retryAfter ?? '')
  return new Refused(status, sentence(body) || `HTTP ${status}`, code(body), body, seconds)
}

/** `Retry-After` is seconds or a date (RFC 9110, 10.2.3). */
function secondsOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  return Math.max(0, Math.ceil((Date.parse(text) - Date.now()) / 1000)) || 0
}

/** Each API has a form of its own for errors; all of them hold one sentence. A proxy's page is none. */
function sentence(body: unknown): string {
  if (typeof body === 'string') return /^\s*</.test(body) ? '' : body.slice(0, 500)
  if (Array.isArray(body)) return sentence(body[0])
  if (body === null || typeof body !== 'object') return ''
  const read = body as Record<string, unknown>
  for (const name of ['error', 'Error', 'message', 'detail', 'title', 'errors']) {
    const found = name in read ? sentence(read[name]) : ''
    if (found) return found
  }
  return ''
}

function code(body: unknown): string {
  const read = body !== null && typeof body === 'object' ? (body as { code?: unknown }).code : ''
  return typeof read === 'string' ? read : ''
}
