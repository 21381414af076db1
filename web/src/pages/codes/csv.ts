/** Rows of destination and label, as people paste them, and as files hold them. */
import { strings } from '../../strings'
import { asLink } from './queries'

export interface Parsed {
  /** From 1, as in the text. */
  number: number
  destination: string
  label: string
  error: string
}

export const ROWS_MOST = 1000
const TITLES = new Set(['destination', 'url', 'link', 'address', 'target'])
const texts = strings.codes.making.errors

export function parseRows(text: string): Parsed[] {
  const rows = parseCells(text, separatorOf(text))
    .map((cells, place) => ({ number: place + 1, cells: cells.map((cell) => cell.trim()) }))
    .filter(({ cells }) => cells.some(Boolean))
  const [first] = rows
  let labelFirst = false
  if (first && first.cells.some((cell) => TITLES.has(cell.toLowerCase()))) {
    labelFirst = TITLES.has((first.cells[1] ?? '').toLowerCase())
    rows.shift()
  }
  return rows.map(({ number, cells }) => {
    const [one = '', two = ''] = cells
    const [destination, label] = labelFirst ? [asLink(two), one] : [asLink(one), two]
    const extra = cells.slice(2).some(Boolean)
    return { number, destination, label, error: extra ? texts.columns : wrong(destination, label) }
  })
}

function wrong(destination: string, label: string): string {
  if (!destination) return texts.empty
  if (destination.length > 2048) return texts.long
  if (label.length > 200) return texts.labelLong
  try {
    const { protocol, hostname } = new URL(destination)
    return /^https?:$/.test(protocol) && hostname.includes('.') ? '' : texts.notALink
  } catch {
    return texts.notALink
  }
}

/** Spreadsheets paste tabs, some of them write semicolons. */
function separatorOf(text: string): string {
  const line = text.split('\n', 1)[0] ?? ''
  return line.includes('\t') ? '\t' : line.includes(';') && !line.includes(',') ? ';' : ','
}

function parseCells(text: string, separator: string): string[][] {
  const rows: string[][] = [[]]
  let cell = ''
  let quoted = false
  const end = () => {
    rows.at(-1)?.push(cell)
    cell = ''
  }
  for (let place = 0; place < text.length; place += 1) {
    const letter = text[place] as string
    if (quoted) {
      if (letter !== '"') cell += letter
      else if (text[place + 1] === '"') {
        cell += '"'
        place += 1
      } else quoted = false
    } else if (letter === '"' && cell.trim() === '') {
      cell = ''
      quoted = true
    } else if (letter === separator) end()
    else if (letter === '\n') {
      end()
      rows.push([])
    } else if (letter !== '\r' && letter !== '\uFEFF') cell += letter
  }
  end()
  return rows
}
