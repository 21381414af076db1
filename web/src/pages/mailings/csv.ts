import { writeCsv } from '../../csv'
import type { Addressed } from './queries'

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
  return writeCsv(lines)
}
