import { useQuery } from '@tanstack/preact-query'
import { CircleCheck, TriangleAlert } from 'lucide-preact'
import { answered, native } from '../../api/client'
import type { components } from '../../api/types/native'
import { formatCount, formatMoment } from '../../formats'
import { Snippet } from '../../parts/Copy'
import { Card } from '../../parts/Page'
import { Stat } from '../../parts/Stat'
import { Answer } from '../../parts/States'
import { Table } from '../../parts/Table'
import { useRange } from '../../state/range'
import { strings } from '../../strings'

type Ledger = components['schemas']['Books']
type Row = components['schemas']['BookRow']

/** What a check in the background found; the document does not type it. */
const texts = strings.trust
const ROWS_AT_ONCE = 12

/** Answered, journalled, stored and counted, of the last 48 hours. */
export function Books() {
  const books = useQuery({
    queryKey: ['integrity'],
    queryFn: () => answered(native.GET('/integrity')),
    refetchInterval: 10_000,
  })
  return (
    <Answer of={books} lines={10}>
      {(answer) => <Shown books={answer} />}
    </Answer>
  )
}

function Shown(props: { books: Ledger }) {
  const { books } = props
  const [{ zone }] = useRange()
  const checked = books.rollups
  return (
    <>
      <section class={books.balanced ? 'verdict good' : 'verdict bad'} role="status">
        {books.balanced ? (
          <CircleCheck size={28} aria-hidden="true" />
        ) : (
          <TriangleAlert size={28} aria-hidden="true" />
        )}
        <div>
          <h2>{books.balanced ? texts.balanced : texts.unbalanced}</h2>
          <p>{books.balanced ? texts.balancedNote : texts.unbalancedNote}</p>
        </div>
      </section>
      {!books.balanced && <Snippet text={texts.verify} />}
      <section class="stats" aria-label={texts.views.books}>
        <Stat name={texts.stored} note={texts.storedNote}>{formatCount(books.totals['stored'] ?? 0)}</Stat>
        <Stat
          name={texts.freshness}
          note={texts.freshNote(books.freshness.oldest_waiting_seconds)}
        >
          {formatCount(books.freshness.waiting)}
        </Stat>
        <Stat name={texts.unrecorded} note={texts.unrecordedNote}>
          {formatCount(books.totals['unrecorded'] ?? 0)}
        </Stat>
        <Stat name={texts.missing} note={texts.missingNote}>{formatCount(books.totals['missing'] ?? 0)}</Stat>
        <Stat
          name={texts.checked}
          note={
            checked.checked_until
              ? texts.checkedNote(formatMoment(checked.checked_until, zone))
              : texts.notChecked
          }
        >
          {formatCount(checked.differences.length)}
        </Stat>
      </section>
      <Rows books={books} zone={zone} />
    </>
  )
}

/** What differs first; all rows are folded, for they are many. */
function Rows(props: { books: Ledger; zone: string }) {
  const { books, zone } = props
  const newest = [...books.rows].reverse()
  const differing = newest.filter((row) => !row.balanced)
  const table = {
    rowKey: (row: Row) => `${row.source} ${row.start}`,
    columns: columnsIn(zone),
    limit: ROWS_AT_ONCE,
    labelled: true,
  }
  const name = books.by === 'hour' ? texts.byHour : texts.byDay
  return (
    <Card title={name}>
      {newest.length === 0 ? (
        <p class="note">{texts.noRows}</p>
      ) : (
        <>
          {differing.length === 0 ? (
            <p>{texts.noneDiffers(newest.length)}</p>
          ) : (
            <>
              <h3>{texts.differing(differing.length, newest.length)}</h3>
              <Table name={texts.whatDiffers} rows={differing} {...table} />
            </>
          )}
          <details class="all-rows">
            <summary>{texts.allRows(newest.length)}</summary>
            <Table name={name} rows={newest} {...table} />
          </details>
        </>
      )}
      <p class="note">{texts.answeredSince(formatMoment(books.answered_since, zone))}</p>
    </Card>
  )
}

function columnsIn(zone: string) {
  const known = (count: number | null) => (count === null ? '–' : formatCount(count))
  const { columns } = texts
  const counts = (['answered', 'journalled', 'stored', 'waiting', 'removed'] as const).map(
    (name) => ({
      title: columns[name],
      cell: (row: Row) => known(row[name]),
      number: true,
    }),
  )
  return [
    { title: columns.hour, cell: (row: Row) => formatMoment(row.start, zone) },
    {
      title: columns.source,
      cell: (row: Row) => strings.overview.sourceNames[row.source] ?? row.source,
    },
    ...counts,
    {
      title: columns.unrecorded,
      cell: (row: Row) => formatCount(row.unrecorded),
      number: true,
    },
    { title: columns.missing, cell: (row: Row) => formatCount(row.missing), number: true },
    {
      title: columns.state,
      cell: (row: Row) =>
        row.balanced ? (
          <span class="badge good">{texts.fine}</span>
        ) : (
          <span class="badge bad">{texts.off}</span>
        ),
    },
  ]
}
