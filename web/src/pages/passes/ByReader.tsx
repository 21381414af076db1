import { numberOf, textOf, useReport, windowOf } from '../../api/queries'
import { formatAgo, formatCount, formatShare } from '../../formats'
import { Card } from '../../parts/Page'
import { Answer } from '../../parts/States'
import { Table } from '../../parts/Table'
import { Count } from '../../parts/Waterfall'
import { useRange } from '../../state/range'
import { strings } from '../../strings'
import { missingOf, type Reader, type ReaderReport, useReaderReports } from './queries'
import { formatClock, isOff } from './times'

const texts = strings.passes

interface Line {
  id: string
  name: string
  lastSeen: string | null
  letIn: number
  refused: number
  report: ReaderReport | undefined
}

/** Scans that each reader let in, and the numbers of those that it has not uploaded yet. */
export function ByReader(props: { readers: Reader[] }) {
  const [range] = useRange()
  const reports = useReaderReports(props.readers).data
  const counts = useReport(
    {
      ...windowOf(range),
      metrics: ['counted'],
      dimensions: ['reader', 'scan_status'],
      filters: { source: 'passentry' },
      top: 1000,
    },
    { live: true },
  )
  return (
    <Card title={texts.byReader}>
      <Answer of={counts} lines={4}>
        {(answer) => {
          const of = (reader: string, status: string) =>
            answer.rows
              .filter(
                (row) => textOf(row, 'reader') === reader && textOf(row, 'scan_status') === status,
              )
              .reduce((sum, row) => sum + numberOf(row, 'counted'), 0)
          const known = new Map(props.readers.map((reader) => [reader.id, reader]))
          // Readers that are gone, or never were, have scans too.
          const ids = new Set([...known.keys(), ...answer.rows.map((row) => textOf(row, 'reader'))])
          const lines = [...ids].map((id) => ({
            id,
            name: known.get(id)?.attributes.name ?? id,
            lastSeen: known.get(id)?.attributes.lastSeenAt ?? null,
            letIn: of(id, 'successful'),
            refused: of(id, 'failed'),
            report: reports?.get(id),
          }))
          return <Lines lines={lines} />
        }}
      </Answer>
    </Card>
  )
}

function Lines(props: { lines: Line[] }) {
  const gaps = props.lines.some((line) => line.report && missingOf(line.report) > 0)
  const filters = (line: Line, status: string) => ({
    source: 'passentry',
    reader: line.id,
    scan_status: status,
  })
  return (
    <>
      <Table
        name={texts.byReader}
        rows={props.lines}
        rowKey={(line) => line.id}
        columns={[
          {
            title: texts.reader,
            sort: (line) => line.name,
            cell: (line) => line.name || strings.common.unknown,
          },
          {
            title: texts.letIn,
            number: true,
            sort: (line) => line.letIn,
            cell: (line) => (
              <Count
                value={line.letIn}
                filters={filters(line, 'successful')}
                of={texts.ofScans}
              />
            ),
          },
          {
            title: texts.refused,
            number: true,
            sort: (line) => line.refused,
            cell: (line) => (
              <Count value={line.refused} filters={filters(line, 'failed')} of={texts.ofScans} />
            ),
          },
          {
            title: texts.share,
            number: true,
            wideOnly: true,
            cell: (line) =>
              line.letIn + line.refused > 0
                ? formatShare(line.letIn / (line.letIn + line.refused))
                : '',
          },
          {
            title: texts.lastSeen,
            wideOnly: true,
            cell: (line) => (line.lastSeen ? formatAgo(line.lastSeen) : texts.never),
          },
          { title: texts.missing, cell: (line) => <Missing report={line.report} /> },
          {
            title: texts.clock,
            wideOnly: true,
            cell: (line) => <Clock report={line.report} />,
          },
        ]}
      />
      {gaps && <p class="note">{texts.missingNote}</p>}
    </>
  )
}

export function Missing(props: { report: ReaderReport | undefined }) {
  if (props.report === undefined) return null
  const missing = missingOf(props.report)
  if (missing > 0)
    return (
      <span class="badge warn">
        {formatCount(missing)}
        {props.report.moreMissing && '+'}
      </span>
    )
  const none = props.report.uploads > 0 ? strings.common.none : texts.noUploads
  return <span class="note">{none}</span>
}

export function Clock(props: { report: ReaderReport | undefined }) {
  const skew = props.report?.skewMsLast ?? null
  if (skew === null) return null
  return <span class={isOff(skew) ? 'badge warn' : 'note'}>{formatClock(skew)}</span>
}
