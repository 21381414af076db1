import type { ComponentChildren } from 'preact'
import { Link } from 'wouter-preact'
import {
  type Filters,
  numberOf,
  type Report as ProgramReport,
  type Row,
  rowsInWindow,
  textOf,
  useReport,
} from '../../api/queries'
import { formatCount, formatShare } from '../../formats'
import { Card } from '../../parts/Page'
import { Answer, Loading } from '../../parts/States'
import { TimeChart } from '../../parts/TimeChart'
import { Top, useTop } from '../../parts/Top'
import { Count } from '../../parts/Waterfall'
import { useChartWindow } from '../../state/elapsed'
import { strings } from '../../strings'
import { amountsText, type Program, useFunnel, usePosterNames, useUserNames } from './queries'

const texts = strings.programmes

/** From what was received to what was earned, over time, and by whom. */
export function Report(props: { program: Program }) {
  const { id } = props.program
  const filters: Filters = { source: 'vantio', program: id }
  const { window, bucket, compare, unfinished } = useChartWindow()
  const series = useReport({
    ...window,
    metrics: ['counted', 'events'],
    dimensions: [{ time: bucket }],
    filters,
    compare,
    fill: true,
    top: 1000,
  })
  return (
    <Answer of={series} lines={14}>
      {(report) => (
        <div class="grid">
          <Card title={texts.funnel} span={12}>
            <Steps program={props.program} report={report} filters={filters} />
          </Card>
          <Card title={texts.overTime} span={12}>
            <OverTime report={report} bucket={bucket} unfinished={unfinished} />
          </Card>
          <Card title={texts.byPoster} span={6}>
            <ByPoster filters={filters} />
          </Card>
          <Card title={texts.byAmbassador} span={6}>
            <ByAmbassador filters={filters} program={props.program} />
          </Card>
        </div>
      )}
    </Answer>
  )
}

function Steps(props: { program: Program; report: ProgramReport; filters: Filters }) {
  const { id, name } = props.program
  const funnel = useFunnel('program', id)
  const [received, counted] = [
    numberOf(props.report.totals, 'events'),
    numberOf(props.report.totals, 'counted'),
  ]
  const total = funnel.data?.total
  const { referrals = 0, converted = 0 } = total ?? {}
  const most = Math.max(received, referrals)
  const money = total?.earnings
  return (
    <>
      <ol class="waterfall" aria-label={texts.funnel}>
        <Step title={texts.received} value={received} of={most}>
          <Count value={received} filters={props.filters} of={texts.eventsOf(name)} />
        </Step>
        <Step title={texts.impressions} value={counted} of={most} before={received} strong>
          <Count value={counted} filters={props.filters} of={texts.scansOf(name)} />
        </Step>
        <Step title={texts.referrals} value={referrals} of={most} before={counted} strong>
          <Link href={`/programmes/${id}?tab=referrals`}>{formatCount(referrals)}</Link>
        </Step>
        <Step title={texts.converted} value={converted} of={most} before={referrals} strong>
          {formatCount(converted)}
        </Step>
        <Step title={texts.earnings} value={money?.count ?? 0} of={most} strong>
          <Link href={`/programmes/${id}?tab=earnings`}>{formatCount(money?.count ?? 0)}</Link>
        </Step>
      </ol>
      <dl class="facts money">
        <dt>{texts.earned}</dt>
        <dd>{amountsText(money?.amounts) || '–'}</dd>
        <dt>{texts.paid}</dt>
        <dd>{amountsText(money?.paid) || '–'}</dd>
      </dl>
      <p class="note">{texts.funnelNote}</p>
    </>
  )
}

function Step(props: {
  title: string
  value: number
  of: number
  /** The step before, which it is a share of. */
  before?: number
  strong?: boolean
  children: ComponentChildren
}) {
  const width = props.of > 0 ? (props.value / props.of) * 100 : 0
  return (
    <li class={props.strong ? 'strong' : ''}>
      <span class="title">{props.title}</span>
      <span class="track">
        <span class="bar" style={{ width: `${width}%` }} />
      </span>
      <span class="count">{props.children}</span>
      <span class="share">{props.before ? formatShare(props.value / props.before) : ''}</span>
    </li>
  )
}

function OverTime(props: { report: ProgramReport; bucket: string; unfinished: boolean }) {
  const rows = rowsInWindow(props.report)
  const before = rows.map((row) => numberOf(row['previous'] as Row | undefined, 'counted'))
  return (
    <TimeChart
      name={texts.overTime}
      bucket={props.bucket}
      unfinished={props.unfinished}
      buckets={rows.map((row) => textOf(row, 'time'))}
      series={[
        { name: texts.impressions, values: rows.map((row) => numberOf(row, 'counted')) },
        // A programme that is new has no days before.
        ...(before.some((count) => count > 0)
          ? [{ name: texts.before, values: before, past: true }]
          : []),
      ]}
    />
  )
}

function ByPoster(props: { filters: Filters }) {
  const report = useTop('poster', props.filters)
  const names = usePosterNames((report.data?.rows ?? []).map((row) => textOf(row, 'poster')))
  return (
    <Top
      of={report}
      name={texts.byPoster}
      column="poster"
      filters={props.filters}
      label={(id) => names.get(id) ?? texts.gone}
      nothing={texts.quiet}
    />
  )
}

function ByAmbassador(props: { filters: Filters; program: Program }) {
  const report = useTop('ambassador', props.filters)
  const names = useUserNames(props.program.id)
  if (report.isPending) return <Loading lines={6} />
  return (
    <Top
      of={report}
      name={texts.byAmbassador}
      column="ambassador"
      filters={props.filters}
      label={(id) => names.get(id) ?? texts.someone}
      nothing={texts.quiet}
    />
  )
}
