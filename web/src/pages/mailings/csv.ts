import type { Addressed } from './questions'

/** A file that mail tools read: one line a recipient, in the order of the addresses. */
export function csvOf(addresses: string[], rows: Addressed[]): string {
  const links = rows[0]?.links.map((_, number) => `link${number + 1}`) ?? []
  const lines = [
    ['email', 'destination', 'pixel', ...links],
    ...rows.map((row, number) => [
      addresses[number] ?? '',
      row.destination,
      row.pixel,
      ...row.links,
    ]),
  ]
  return `${lines.map((line) => line.map(quoted).join(',')).join('\r\n')}\r\n`
}

function quoted(text: string): string {
  // A cell that begins so is run as a formula by spreadsheets.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
