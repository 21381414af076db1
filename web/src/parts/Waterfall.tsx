import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { type Explained, type Filters, useExplained } from '../api/queries'
import { formatCount, formatShare } from '../formats'
import { useRange } from '../state/range'
import { strings } from '../strings'
import { CopyCurl } from './Copy'
import { Dialog } from './Dialog'
import { Answer } from './States'

/** A number that opens to why it is this and not more. */
export function Count(props: { value: number; filters: Filters; of: string }) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <button
        type="button"
        class="explains"
        title={strings.waterfall.why}
        aria-label={`${formatCount(props.value)} ${props.of}: ${strings.waterfall.why}`}
        onClick={() => setOpen(true)}
      >
        {formatCount(props.value)}
      </button>
      {open && <Waterfall filters={props.filters} of={props.of} onClose={() => setOpen(false)} />}
    </>
  )
}

/** From everything received to what counts, with the reason of each step. */
function Waterfall(props: { filters: Filters; of: string; onClose: () => void }) {
  const [range] = useRange()
  const explained = useExplained(range, props.filters)
  const body = { since: range.since, until: range.until, zone: range.zone, filters: props.filters }
  return (
    <Dialog title={strings.waterfall.title(props.of)} onClose={props.onClose} wide>
      <Answer of={explained} lines={8}>
        {(explained) => <Steps explained={explained} filters={props.filters} />}
      </Answer>
      <footer class="dialog-foot">
        <CopyCurl call={{ path: '/counts/explain', body }} />
      </footer>
    </Dialog>
  )
}

function Steps(props: { explained: Explained; filters: Filters }) {
  const { explained } = props
  const taken = explained.steps.filter((step) => step.events > 0)
  return (
    <>
      <ol class="waterfall">
        <Step title={strings.waterfall.received} count={explained.received} of={explained.received} />
        {taken.map((step) => (
          <Step
            key={step.verdict}
            title={strings.verdicts[step.verdict] ?? step.verdict}
            count={-step.events}
            before={step.remaining}
            of={explained.received}
            link={eventsLink(props.filters, step.verdict)}
          >
            {step.reasons.map((one) => (
              <li key={one.reason}>
                {one.reason || strings.waterfall.noReason} <b>{formatCount(one.events)}</b>
              </li>
            ))}
          </Step>
        ))}
        <Step
          title={strings.waterfall.counted}
          count={explained.counted}
          of={explained.received}
          link={eventsLink(props.filters, 'counted')}
          strong
        />
        {explained.interactions < explained.counted && (
          <Step title={strings.waterfall.interactions} count={explained.interactions} of={explained.received} />
        )}
        {explained.uniques !== null && (
          <Step title={strings.waterfall.uniques} count={explained.uniques} of={explained.received} />
        )}
        {explained.recipients !== null && explained.recipients > 0 && (
          <Step title={strings.waterfall.recipients} count={explained.recipients} of={explained.received} />
        )}
      </ol>
      <p class="note">
        {taken.length === 0 && `${strings.waterfall.nothingTaken} `}
        {strings.waterfall.source(explained.source, explained.rows_read, explained.lag_seconds)}
      </p>
    </>
  )
}

function eventsLink(filters: Filters, verdict: string): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(filters))
    for (const one of [value].flat()) search.append(`f.${name}`, String(one))
  search.set('f.verdict', verdict)
  return `/events?${search}`
}

function Step(props: {
  title: string
  /** Below zero for what is taken away. */
  count: number
  /** What remains after it: where its bar begins. */
  before?: number
  of: number
  link?: string
  strong?: boolean
  children?: preact.ComponentChildren
}) {
  const { count, of } = props
  const width = of > 0 ? (Math.abs(count) / of) * 100 : 0
  const left = props.before !== undefined && of > 0 ? (props.before / of) * 100 : 0
  return (
    <li class={count < 0 ? 'taken' : props.strong ? 'strong' : ''}>
      <span class="title">{props.link ? <Link href={props.link}>{props.title}</Link> : props.title}</span>
      <span class="track">
        <span class="bar" style={{ marginLeft: `${left}%`, width: `${width}%` }} />
      </span>
      <span class="count">{count < 0 ? `−${formatCount(-count)}` : formatCount(count)}</span>
      <span class="share">{of > 0 ? formatShare(Math.abs(count) / of) : ''}</span>
      {props.children && <ul class="reasons">{props.children}</ul>}
    </li>
  )
}
