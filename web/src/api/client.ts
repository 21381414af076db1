/** The public APIs of the server, one typed client a face: all that the dashboard asks. */
import createClient, { type Middleware } from 'openapi-fetch'
import type { paths as Copernica } from './types/copernica'
import type { paths as Everflow } from './types/everflow'
import type { paths as Native } from './types/native'
import type { paths as OpenQR } from './types/openqr'
import type { paths as PassEntry } from './types/passentry'
import type { paths as Vantio } from './types/vantio'

/** An answer from 400 on, in the words of the server. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly code = '',
    readonly body: unknown = null,
  ) {
    super(message)
  }
}

let csrf = ''
let onSignedOut = () => {}

/** What every request that changes something shows, so that no other site can make one. */
export function setCsrf(token: string) {
  csrf = token
}

/** Called when the server no longer knows the session. */
export function whenSignedOut(call: () => void) {
  onSignedOut = call
}

const guard: Middleware = {
  onRequest({ request }) {
    if (request.method !== 'GET') request.headers.set('X-Footfall-Csrf', csrf)
    return request
  },
}

function client<Paths extends object>() {
  const made = createClient<Paths>({
    baseUrl: location.origin,
    credentials: 'same-origin',
    // `kind=scan&kind=open` means any of them.
    querySerializer: { array: { style: 'form', explode: true } },
  })
  made.use(guard)
  return made
}

export const native = client<Native>()
export const openqr = client<OpenQR>()
export const vantio = client<Vantio>()
export const passentry = client<PassEntry>()
export const copernica = client<Copernica>()
export const everflow = client<Everflow>()

type Answer<Data> = { data?: Data; error?: unknown; response: Response }

/** The body of an answer, or Refused: `await answered(native.GET('/key'))`. */
export async function answered<Data>(asked: Promise<Answer<Data>>): Promise<Data> {
  let answer: Answer<Data>
  try {
    answer = await asked
  } catch (problem) {
    if (problem instanceof DOMException && problem.name === 'AbortError') throw problem
    throw new Refused(0, 'unreachable', 'unreachable')
  }
  if (answer.response.ok) return answer.data as Data
  throw refused(answer.response.status, answer.error)
}

/** For what OpenAPI cannot say: any path, JSON to and fro. Text comes back as it is. */
export async function send(method: string, path: string, body?: unknown): Promise<unknown> {
  let response: Response
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      headers: {
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(method === 'GET' ? {} : { 'X-Footfall-Csrf': csrf }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch {
    throw new Refused(0, 'unreachable', 'unreachable')
  }
  const text = await response.text()
  const json = response.headers.get('Content-Type')?.includes('json') ?? false
  const told: unknown = json && text ? JSON.parse(text) : text
  if (!response.ok) throw refused(response.status, told)
  return told
}

function refused(status: number, body: unknown): Refused {
  if (status === 401) onSignedOut()
  return new Refused(status, sentence(body) || `HTTP ${status}`, code(body), body)
}

/** Each face has a form of its own for errors; all of them hold one sentence. */
function sentence(body: unknown): string {
  if (typeof body === 'string') return body
  if (Array.isArray(body)) return sentence(body[0])
  if (body === null || typeof body !== 'object') return ''
  const told = body as Record<string, unknown>
  for (const name of ['error', 'Error', 'message', 'detail', 'title', 'errors']) {
    const found = name in told ? sentence(told[name]) : ''
    if (found) return found
  }
  return ''
}

function code(body: unknown): string {
  const told = body !== null && typeof body === 'object' ? (body as { code?: unknown }).code : ''
  return typeof told === 'string' ? told : ''
}
