import { Link } from 'wouter-preact'
import type { Filters } from '../api/questions'
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
}

/** The greatest of something, each with its share of all; and what is not shown. */
export function Ranking(props: {
  name: string
  rows: Ranked[]
  total: number
  /** Counted, and on none of the rows. */
  other?: number
}) {
  const most = Math.max(1, ...props.rows.map((row) => row.count))
  return (
    <ol class="ranking" aria-label={props.name}>
      {props.rows.map((row) => (
        <li key={row.key}>
          <span class="bar" style={{ width: `${(row.count / most) * 100}%` }} />
          <span class="label">{row.to ? <Link href={row.to}>{row.label}</Link> : row.label}</span>
          <span class="count">
            <Count value={row.count} filters={row.filters} of={strings.overview.eventsOf(row.label)} />
          </span>
          <span class="share">{props.total > 0 ? formatShare(row.count / props.total) : ''}</span>
        </li>
      ))}
      {props.other !== undefined && props.other > 0 && (
        <li class="rest">
          <span class="label">{strings.common.others}</span>
          <span class="count">{formatCount(props.other)}</span>
          <span class="share">
            {props.total > 0 ? formatShare(props.other / props.total) : ''}
          </span>
        </li>
      )}
    </ol>
  )
}
