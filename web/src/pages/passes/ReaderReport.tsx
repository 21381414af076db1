import { useQuery } from '@tanstack/preact-query'
import { formatCount, formatMoment } from '../../formats'
import { CopyCurl } from '../../parts/Copy'
import { Dialog } from '../../parts/Dialog'
import { Answer } from '../../parts/States'
import { useRange } from '../../state/range'
import { strings } from '../../strings'
import { patient, type Reader, type ReaderReport, reportOf } from './queries'
import { formatClock } from './times'

const texts = strings.passes

/** What a reader uploaded, and what of it is missing. */
export function ReaderReportDialog(props: { reader: Reader; onClose: () => void }) {
  const { id, attributes } = props.reader
  const report = useQuery({
    queryKey: ['reader-report', id],
    queryFn: () => patient(() => reportOf(id)),
  })
  return (
    <Dialog title={texts.reportOf(attributes.name)} onClose={props.onClose}>
      <Answer of={report} lines={8}>
        {(answer) => (answer.uploads === 0 ? <p>{texts.noUploadsYet}</p> : <Facts report={answer} />)}
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
    [texts.missing, ranges.length > 0 ? ranges.slice(0, 50).join(', ') : texts.noGaps],
    [texts.uploads, formatCount(report.uploads)],
    [texts.recorded, formatCount(report.recorded)],
    [texts.duplicates, formatCount(report.duplicates)],
    [texts.refusedScans, formatCount(report.refused)],
    [texts.greatest, formatCount(report.greatestSequence)],
    [texts.repeated, formatCount(report.repeatedSequences)],
    [
      texts.lastUpload,
      report.lastUploadAt ? formatMoment(report.lastUploadAt, range.zone, true) : texts.never,
    ],
    [texts.skewLast, formatClock(report.skewMsLast)],
    [texts.skewMost, formatClock(worst(report))],
  ]
  const more = report.moreMissing || ranges.length > 50
  return (
    <>
      <dl class="facts">
        {facts.map(([name, answer]) => (
          <>
            <dt>{name}</dt>
            <dd>
              {answer}
              {name === texts.missing && more && ` ${texts.moreMissing}`}
            </dd>
          </>
        ))}
      </dl>
      {ranges.length > 0 && <p class="note">{texts.missingNote}</p>}
    </>
  )
}

function worst(report: ReaderReport): number | null {
  const { skewMsLeast: least, skewMsMost: most } = report
  if (least === null || most === null) return most ?? least
  return Math.abs(least) > Math.abs(most) ? least : most
}
