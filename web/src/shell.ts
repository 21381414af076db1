/** Commands that people paste into a terminal, written from their parts: no text of a stranger, and
 * no key, is ever searched for or replaced in a command that stands already. */

/** What stands in a command where the key belongs, until an owner has one put in. */
export const PLACE = '$KEY'

/** A request that a command makes. */
export interface Call {
  /** From `/` on, its query percent-encoded. */
  path: string
  /** Sent as JSON; with one the request is a POST. */
  body?: unknown
  /** The header that has the key: `Authorization: Bearer …` unless said. */
  header?: 'X-Eflow-API-Key'
  /** The file that the answer goes to. */
  file?: string
}

/** One word of a shell's command that stands for exactly this text, in any POSIX shell and in bash's
 * history expansion (POSIX.1-2017 XCU 2.2.2). NUL is left out: no argument can hold it. */
export function shellWord(text: string): string {
  const plain = text.replaceAll('\0', '')
  return /^[\w@%+:,./-]+$/.test(plain) ? plain : `'${plain.replaceAll("'", `'\\''`)}'`
}

/** JSON without characters that a terminal obeys or hides: C1 controls, and marks of direction. */
function json(body: unknown): string {
  return JSON.stringify(body).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The command of a call to the server at `origin`; without a `key` the shell's variable KEY is it. */
export function curl(call: Call, origin: string, key: string | null = null): string {
  const [name, scheme] = call.header ? [call.header, ''] : ['Authorization', 'Bearer ']
  const header = `${name}: ${scheme}`
  const words = [
    `curl -s ${shellWord(origin + call.path)}`,
    `-H ${key === null ? `"${header}${PLACE}"` : shellWord(header + key)}`,
  ]
  if (call.body !== undefined)
    words.push(`-H 'Content-Type: application/json'`, `-d ${shellWord(json(call.body))}`)
  if (call.file !== undefined) words.push(`-o ${shellWord(call.file)}`)
  return words.join(' \\\n  ')
}

/** Text as it stands between tags of HTML. */
export function htmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
