import { ArrowDown, ArrowUp, Columns3 } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { compareTexts } from '../formats'
import { strings } from '../strings'

export interface Column<Row> {
  title: string
  cell: (row: Row) => ComponentChildren
  /** Numbers stand at the right. */
  number?: boolean
  /** Left out on a narrow screen, until a button below the table shows all columns. */
  wideOnly?: boolean
  /** What its title sorts the rows by when it is pressed; without it, it does not. */
  sort?: (row: Row) => number | string
}

interface Sorting {
  title: string
  down: boolean
}

/** A table with a name for those who cannot see it; it scrolls inside itself on a phone. */
export function Table<Row>(props: {
  name: string
  columns: Column<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string | number
  onOpen?: (row: Row) => void
  /** On a narrow screen each row is a block, its last cell under the others: for rows of buttons. */
  stacks?: boolean
  /** On a narrow screen each row is a block, with all columns, and their titles before the cells. */
  labelled?: boolean
  /** So many rows at first; a button shows as many more. */
  limit?: number
}) {
  const limit = props.limit ?? Number.POSITIVE_INFINITY
  const [visible, setVisible] = useState(limit)
  const [sorting, setSorting] = useState<Sorting | null>(null)
  const [whole, setWhole] = useState(false)
  const leavesOut = !props.labelled && props.columns.some((column) => column.wideOnly)
  const rows = sorted(props.rows, props.columns, sorting)
  const shape = (column: Column<Row>) =>
    [column.number && 'number', column.wideOnly && 'wide-only'].filter(Boolean).join(' ')
  return (
    <div class={layoutOf(props, whole)} role="region" aria-label={props.name} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {props.columns.map((column) => (
              <Heading
                key={column.title}
                column={column}
                shape={shape(column)}
                sorting={sorting}
                onSort={setSorting}
              />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, visible).map((row) => (
            <tr
              key={props.rowKey(row)}
              class={props.onOpen ? 'opens' : undefined}
              onClick={(event) => {
                // A link or button in the row does its own.
                if (!(event.target as Element).closest('a, button, input, dialog')) props.onOpen?.(row)
              }}
            >
              {props.columns.map((column) => (
                <td key={column.title} class={shape(column)} data-title={column.title}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > visible && (
        <button type="button" class="small" onClick={() => setVisible(visible + limit)}>
          {strings.common.more}
        </button>
      )}
      {leavesOut && rows.length > 0 && (
        <button
          type="button"
          class="quiet small all-columns"
          aria-pressed={whole}
          onClick={() => setWhole(!whole)}
        >
          <Columns3 size={14} aria-hidden="true" /> {strings.common.allColumns}
        </button>
      )}
    </div>
  )
}

function layoutOf(props: { stacks?: boolean; labelled?: boolean }, whole: boolean): string {
  if (props.labelled || whole) return 'table labelled'
  return props.stacks ? 'table stacks' : 'table'
}

function Heading<Row>(props: {
  column: Column<Row>
  shape: string
  sorting: Sorting | null
  onSort: (sorting: Sorting) => void
}) {
  const { column, sorting } = props
  const { title } = column
  if (!column.sort)
    return (
      <th scope="col" class={props.shape}>
        {title}
      </th>
    )
  const picked = sorting?.title === title
  // Numbers begin with the greatest, texts with A.
  const down = picked ? !sorting.down : column.number === true
  const Arrow = sorting?.down ? ArrowDown : ArrowUp
  return (
    <th scope="col" class={props.shape} aria-sort={orderOf(column, sorting)}>
      <button type="button" class="sorts" onClick={() => props.onSort({ title, down })}>
        {title}
        {picked && <Arrow size={13} aria-hidden="true" />}
      </button>
    </th>
  )
}

function orderOf<Row>(column: Column<Row>, sorting: Sorting | null) {
  if (sorting?.title !== column.title) return 'none'
  return sorting.down ? 'descending' : 'ascending'
}

/** In the order that was picked, else as they came. */
function sorted<Row>(rows: readonly Row[], columns: Column<Row>[], sorting: Sorting | null) {
  const by = sorting && columns.find((column) => column.title === sorting.title)?.sort
  if (!by) return rows
  const turn = sorting.down ? -1 : 1
  return [...rows].sort((a, b) => {
    const [left, right] = [by(a), by(b)]
    const less =
      typeof left === 'string' ? compareTexts(left, String(right)) : left - Number(right)
    return turn * less
  })
}
