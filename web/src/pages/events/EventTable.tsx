import type { ComponentChildren } from 'preact'
import { Link } from 'wouter-preact'
import { formatRow } from '../../formats'
import { type Column, Table } from '../../parts/Table'
import { strings } from '../../strings'
import { useTrackerNames } from '../overview/names'
import { METADATA, nameOf } from './columns'
import { showValue, TIMES } from './filters'
import type { EventShown } from './queries'

/** A page of events. Each row opens its event; the first column has the link to it. */
export function EventTable(props: {
  rows: EventShown[]
  /** So many rows at the top came while one looks. */
  fresh: number
  columns: string[]
  zone: string
  stale: boolean
  onOpen: (id: string) => void
}) {
  const { rows, zone } = props
  const ids = props.columns.includes('tracker') ? rows.map((row) => String(row.tracker ?? 0)) : []
  const names = useTrackerNames([...new Set(ids)])
  const columns = props.columns.map(
    (column, place): Column<EventShown> => ({
      title: nameOf(column),
      cell: (row) => {
        const visible = cell(column, row, zone, names)
        if (place > 0) return visible
        return (
          <Link href={`/events/${row.id}${location.search}`}>
            {visible || row.id}
          </Link>
        )
      },
    }),
  )
  return (
    <div class={props.stale ? 'events stale' : 'events'} aria-busy={props.stale}>
      <Table
        name={strings.events.list}
        labelled
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id ?? ''}
        onOpen={(row) => row.id && props.onOpen(row.id)}
      />
    </div>
  )
}

function cell(
  column: string,
  row: EventShown,
  zone: string,
  names: Map<string, string>,
): ComponentChildren {
  const value = valueOf(row, column)
  if (value === '') return ''
  if (TIMES.includes(column)) return <time dateTime={value}>{formatRow(value, zone)}</time>
  if (column === 'verdict')
    return <span class={value === 'counted' ? 'badge good' : 'badge'}>{showValue(column, value)}</span>
  return showValue(column, value, names)
}

/** A field as text; what an event does not have is ''. */
export function valueOf(row: EventShown, column: string): string {
  let value: unknown = (row as Record<string, unknown>)[column]
  if (column.startsWith(METADATA)) {
    value = row.metadata
    for (const key of column.slice(METADATA.length).split('.'))
      value = value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[key] : undefined
  }
  if (value === undefined || value === null || (column === 'tracker' && value === 0)) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
