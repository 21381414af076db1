import { useQuery } from '@tanstack/preact-query'
import { formatCount, formatMoment } from '../../formats'
import { CopyCurl } from '../../parts/Copy'
import { Dialog } from '../../parts/Dialog'
import { Answer } from '../../parts/States'
import { useRange } from '../../state/range'
import { strings } from '../../strings'
import { patient, type Reader, type ReaderReport, reportOf } from './resources'
import { formatClock } from './times'

const words = strings.passes

/** What a reader uploaded, and what of it is missing. */
export function ReaderReportDialog(props: { reader: Reader; onClose: () => void }) {
  const { id, attributes } = props.reader
  const report = useQuery({
    queryKey: ['reader-report', id],
    queryFn: () => patient(() => reportOf(id)),
  })
  return (
    <Dialog title={words.reportOf(attributes.name)} onClose={props.onClose}>
      <Answer of={report} lines={8}>
        {(told) => (told.uploads === 0 ? <p>{words.noUploadsYet}</p> : <Facts report={told} />)}
      </Answer>
      <footer class="dialog-foot">
        <CopyCurl call={{ path: `/api/v1/readers/${encodeURIComponent(id)}/report` }} />
      </footer>
    </Dialog>
  )
}

function Facts(props: { report: ReaderReport }) {
  const { report } = props
  const [range] = useRange()
  const ranges = report.missingSequences.map(({ from, to }) =>
    from === to ? String(from) : `${from}–${to}`,
  )
  const facts: [string, string][] = [
    [words.missing, ranges.length > 0 ? ranges.slice(0, 50).join(', ') : words.noGaps],
    [words.uploads, formatCount(report.uploads)],
    [words.recorded, formatCount(report.recorded)],
    [words.duplicates, formatCount(report.duplicates)],
    [words.refusedScans, formatCount(report.refused)],
    [words.greatest, formatCount(report.greatestSequence)],
    [words.repeated, formatCount(report.repeatedSequences)],
    [
      words.lastUpload,
      report.lastUploadAt ? formatMoment(report.lastUploadAt, range.zone, true) : words.never,
    ],
    [words.skewLast, formatClock(report.skewMsLast)],
    [words.skewMost, formatClock(worst(report))],
  ]
  const more = report.moreMissing || ranges.length > 50
  return (
    <>
      <dl class="facts">
        {facts.map(([name, told]) => (
          <>
            <dt>{name}</dt>
            <dd>
              {told}
              {name === words.missing && more && ` ${words.moreMissing}`}
            </dd>
          </>
        ))}
      </dl>
      {ranges.length > 0 && <p class="note">{words.missingNote}</p>}
    </>
  )
}

function worst(report: ReaderReport): number | null {
  const { skewMsLeast: least, skewMsMost: most } = report
  if (least === null || most === null) return most ?? least
  return Math.abs(least) > Math.abs(most) ? least : most
}
