/** How text begins that a spreadsheet may calculate. The server's exports have the same rule. */
const FORMULA = /^[\x00-\x20]*[=+\-@＝＋－＠﹦﹢﹣﹫]|^[\t\r\n]/

/** A CSV file of these rows: RFC 4180, and no cell is a formula. */
export function writeCsv(rows: string[][]): string {
  return rows.map((row) => `${row.map(written).join(',')}\r\n`).join('')
}

function written(cell: string): string {
  const safe = FORMULA.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
