import type { ComponentChildren } from 'preact'
import { formatCount, formatShare } from '../formats'
import { strings } from '../strings'

export interface Ranked {
  key: string
  label: ComponentChildren
  count: number
}

/** The greatest of something, each with its share of all; and what is not shown. */
export function Ranking(props: {
  name: string
  rows: Ranked[]
  total: number
  /** Counted, and on none of the rows. */
  other?: number
  onPick?: (row: Ranked) => void
}) {
  const most = Math.max(1, ...props.rows.map((row) => row.count))
  return (
    <ol class="ranking" aria-label={props.name}>
      {props.rows.map((row) => (
        <li key={row.key}>
          <span class="bar" style={{ width: `${(row.count / most) * 100}%` }} />
          <span class="label">
            {props.onPick ? (
              <button type="button" class="link" onClick={() => props.onPick?.(row)}>
                {row.label}
              </button>
            ) : (
              row.label
            )}
          </span>
          <span class="count">{formatCount(row.count)}</span>
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
