import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import type { Filters } from '../api/queries'
import { formatCount, formatShare } from '../formats'
import { strings } from '../strings'
import { Count } from './Waterfall'

export interface Ranked {
  key: string
  label: string
  count: number
  /** What its number counts, for the waterfall behind it. */
  filters: Filters
  /** A page of its own. */
  to?: string | undefined
  /** Makes the page show this one alone, or all again where it is picked. */
  onPick?: (() => void) | undefined
  picked?: boolean
}

/** The greatest of something, each with its share of all; and what is not shown. With a `limit`, a
 * button shows the rows after the first so many. */
export function Ranking(props: {
  name: string
  rows: Ranked[]
  total: number
  /** Counted, and on none of the rows. */
  other?: number
  limit?: number | undefined
}) {
  const [whole, setWhole] = useState(false)
  const visible = whole ? props.rows : props.rows.slice(0, props.limit ?? props.rows.length)
  const hidden = props.rows.slice(visible.length).reduce((sum, row) => sum + row.count, 0)
  const other = hidden + (props.other ?? 0)
  const most = Math.max(1, ...props.rows.map((row) => row.count))
  const list = (
    <ol class="ranking" aria-label={props.name}>
      {visible.map((row) => (
        <li key={row.key}>
          <span class="bar" style={{ width: `${(row.count / most) * 100}%` }} />
          <span class="label">
            <Label row={row} />
          </span>
          <span class="count">
            <Count value={row.count} filters={row.filters} of={strings.overview.eventsOf(row.label)} />
          </span>
          <span class="share">{props.total > 0 ? formatShare(row.count / props.total) : ''}</span>
        </li>
      ))}
      {other > 0 && (
        <li class="rest">
          <span class="label">{strings.common.others}</span>
          <span class="count">{formatCount(other)}</span>
          <span class="share">
            {props.total > 0 ? formatShare(other / props.total) : ''}
          </span>
        </li>
      )}
    </ol>
  )
  if (visible.length === props.rows.length) return list
  return (
    <>
      {list}
      <button type="button" class="quiet small" onClick={() => setWhole(true)}>
        {strings.common.allOf(props.rows.length)}
      </button>
    </>
  )
}

function Label({ row }: { row: Ranked }) {
  if (row.to) return <Link href={row.to}>{row.label}</Link>
  if (!row.onPick) return <>{row.label}</>
  return (
    <button type="button" class="picks" aria-pressed={row.picked} onClick={row.onPick}>
      {row.label}
    </button>
  )
}
