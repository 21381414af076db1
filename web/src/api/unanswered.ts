/** Requests that make something and got no answer: the same request, sent again, has the same
 * idempotency key, and the server makes nothing twice. A request that was answered is over: the next
 * one like it is another. */

/** A server remembers a key for 24 hours. */
const KEPT_MS = 20 * 3_600_000

class Unanswered {
  private keys = new Map<string, { key: string; at: number }>()

  /** The key of a request, by all that it says; that of an earlier one which said the same and was not
   * answered. */
  key(said: string): string {
    const known = this.keys.get(said)
    if (known !== undefined && Date.now() - known.at < KEPT_MS) return known.key
    const key = newKey()
    this.keys.set(said, { key, at: Date.now() })
    return key
  }

  /** Nothing is open any more, but where the server or a proxy could not say what became of it. */
  answered(key: string, status: number) {
    if (status >= 500 || status === 429 || status === 408) return
    for (const [said, one] of this.keys) if (one.key === key) this.keys.delete(said)
  }

  /** Somebody else uses the page from now on. */
  clear() {
    this.keys.clear()
  }
}

export const unanswered = new Unanswered()

/** 128 random bits. `crypto.randomUUID` is not there on a page without HTTPS. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
