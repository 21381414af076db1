/** The public APIs of the server, one typed client for each: all that the dashboard requests. */
import createClient from 'openapi-fetch'
import { Refused, refused, unreachable } from './refused'
import { ask } from './requests'
import { server, urlOf } from './server'
import type { paths as Copernica } from './types/copernica'
import type { paths as Everflow } from './types/everflow'
import type { paths as Native } from './types/native'
import type { paths as OpenQR } from './types/openqr'
import type { paths as PassEntry } from './types/passentry'
import type { paths as Vantio } from './types/vantio'

export { Refused }

function client<Paths extends object>() {
  return createClient<Paths>({
    baseUrl: server,
    credentials: 'same-origin',
    // `kind=scan&kind=open` means any of them.
    querySerializer: { array: { style: 'form', explode: true } },
    fetch: ask,
  })
}

export const native = client<Native>()
export const openqr = client<OpenQR>()
export const vantio = client<Vantio>()
export const passentry = client<PassEntry>()
export const copernica = client<Copernica>()
export const everflow = client<Everflow>()

export type Answer<Data> = { data?: Data; error?: unknown; response: Response }

/** The body of an answer, or Refused: `await answered(native.GET('/key'))`. */
export async function answered<Data>(call: Promise<Answer<Data>>): Promise<Data> {
  return (await answeredWhole(call)).data as Data
}

/** The same with the headers of the answer. */
export async function answeredWhole<Data>(call: Promise<Answer<Data>>): Promise<Answer<Data>> {
  let answer: Answer<Data>
  try {
    answer = await call
  } catch (problem) {
    throw unreachable(problem)
  }
  if (answer.response.ok) return answer
  throw refused(answer.response.status, answer.error)
}

/** The headers of a change to what was read with this tag; none where a proxy took the tag away. */
export function ifMatch(etag: string | undefined): { 'If-Match'?: string } {
  return etag ? { 'If-Match': etag } : {}
}

/** For what OpenAPI cannot say: any path, JSON to and fro. Text comes back as it is. */
export async function send(method: string, path: string, body?: unknown): Promise<unknown> {
  const call = new Request(urlOf(path), {
    method,
    credentials: 'same-origin',
    ...(body === undefined
      ? {}
      : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  })
  let response: Response
  let text: string
  try {
    response = await ask(call)
    text = await response.text()
  } catch (problem) {
    throw unreachable(problem)
  }
  const content = parsed(response, text)
  if (!response.ok) throw refused(response.status, content)
  return content
}

/** The JSON of an answer; what is none, such as the page of a proxy, as text. */
function parsed(response: Response, text: string): unknown {
  if (!text || !response.headers.get('Content-Type')?.includes('json')) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
