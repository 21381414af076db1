import type { ComponentChildren } from 'preact'

export interface Column<Row> {
  title: string
  cell: (row: Row) => ComponentChildren
  /** Numbers stand at the right. */
  number?: boolean
  /** Left out on a narrow screen. */
  wideOnly?: boolean
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
}) {
  const shape = (column: Column<Row>) =>
    [column.number && 'number', column.wideOnly && 'wide-only'].filter(Boolean).join(' ')
  return (
    <div class={props.stacks ? 'table stacks' : 'table'} role="region" aria-label={props.name} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {props.columns.map((column) => (
              <th key={column.title} scope="col" class={shape(column)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr
              key={props.rowKey(row)}
              class={props.onOpen ? 'opens' : undefined}
              onClick={(event) => {
                // A link or button in the row does its own.
                if (!(event.target as Element).closest('a, button, input, dialog')) props.onOpen?.(row)
              }}
            >
              {props.columns.map((column) => (
                <td key={column.title} class={shape(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
