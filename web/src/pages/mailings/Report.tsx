import type { ComponentChildren } from 'preact'
import { Link } from 'wouter-preact'
import {
  type Filters,
  numberOf,
  type Row,
  textOf,
  useReport,
} from '../../api/queries'
import { formatCount, formatCountry, formatDay, formatShare } from '../../formats'
import { Command } from '../../parts/Copy'
import { Card } from '../../parts/Page'
import { Stat } from '../../parts/Stat'
import { Answer } from '../../parts/States'
import { TimeChart } from '../../parts/TimeChart'
import { Top, useTop } from '../../parts/Top'
import { Count } from '../../parts/Waterfall'
import { useChartWindow } from '../../state/elapsed'
import { addDays, today, useRange } from '../../state/range'
import type { Call } from '../../shell'
import { strings } from '../../strings'
import { type Emailing, type Numbers, subjectOf, useLinks, useNumbers } from './queries'

const texts = strings.mailings

/** What came of a mailing. */
export function Report(props: { emailing: Emailing }) {
  const { emailing } = props
  const { report, numbers } = useNumbers(emailing.id)
  return (
    <Answer of={report} lines={14}>
      {() => (
        <>
          <SentBefore emailing={emailing} />
          <Totals emailing={emailing} numbers={numbers} />
          <div class="grid">
            <Card title={texts.overTime} span={12}>
              <OverTime emailing={emailing} />
            </Card>
            <Card title={texts.byLink} span={4}>
              <ByLink emailing={emailing} />
            </Card>
            <Card title={texts.byDevice} span={4}>
              <Opened
                emailing={emailing}
                column="device"
                name={texts.byDevice}
                label={(value) => strings.overview.deviceNames[value] ?? value}
              />
            </Card>
            <Card title={texts.byCountry} span={4}>
              <Opened
                emailing={emailing}
                column="country"
                name={texts.byCountry}
                label={formatCountry}
              />
            </Card>
            <Card title={texts.reportsTitle} span={12}>
              <ReportedByTool emailing={emailing} />
            </Card>
          </div>
        </>
      )}
    </Answer>
  )
}

/** Most opens come in the first days: a later window shows few of them, or none. */
function SentBefore(props: { emailing: Emailing }) {
  const [range, setRange] = useRange()
  const sent = props.emailing.timestamp.slice(0, 10)
  if (sent >= range.since) return null
  const until = addDays(today(range.zone), 1)
  return (
    <div class="notice between spaced">
      <p>{texts.sentBefore(formatDay(sent))}</p>
      <button
        type="button"
        class="small"
        onClick={() => setRange({ since: sent, until, days: null })}
      >
        {texts.sinceThen}
      </button>
    </div>
  )
}

function filtersOf(emailing: Emailing, kind: string): Filters {
  return { source: 'copernica', emailing: emailing.id, kind }
}

function Totals(props: { emailing: Emailing; numbers: Numbers }) {
  const { emailing, numbers } = props
  const recipients = Number(emailing.destinations)
  // Where deliveries are not reported, rates are of all recipients.
  const [reached, name] =
    numbers.delivery > 0
      ? ([numbers.delivery, texts.delivered.toLowerCase()] as const)
      : ([recipients, texts.ofRecipients] as const)
  // Counts are of opens and clicks; the share is of those who did so, once each.
  const people = (count: number) => {
    if (count === 0) return undefined
    const share = texts.shareOf(formatShare(Math.min(1, count / reached)), name)
    return reached > 0 ? `${texts.people(count)}: ${share}` : texts.people(count)
  }
  const count = (kind: keyof Numbers) => (
    <Count
      value={numbers[kind]}
      filters={filtersOf(emailing, kind)}
      of={texts.of(texts.kinds[kind] ?? kind, subjectOf(emailing))}
    />
  )
  const machines = `/events?f.emailing=${emailing.id}&f.kind=open&f.verdict=machine_open`
  const stats: [string, ComponentChildren, string | undefined][] = [
    [texts.recipients, formatCount(recipients), undefined],
    [texts.opens, count('open'), people(numbers.openers)],
    [
      texts.openedByMachines,
      <Link href={machines}>{formatCount(numbers.machine)}</Link>,
      texts.machineNote,
    ],
    [texts.clicks, count('click'), people(numbers.clickers)],
    [
      texts.delivered,
      count('delivery'),
      numbers.delivery === 0 ? texts.notReported : undefined,
    ],
    [texts.bounced, count('bounce'), undefined],
    [texts.unsubscribed, count('unsubscribe'), undefined],
    [texts.complained, count('complaint'), undefined],
  ]
  return (
    <section class="stats mailing" aria-label={texts.report}>
      {stats.map(([title, visible, note]) => (
        <Stat key={title} name={title} note={note}>
          {visible}
        </Stat>
      ))}
    </section>
  )
}

function OverTime(props: { emailing: Emailing }) {
  const { emailing } = props
  const { window, bucket, unfinished } = useChartWindow()
  const shared = {
    ...window,
    dimensions: [{ time: bucket }],
    fill: true,
    top: 1000,
  }
  const opens = useReport({ ...shared, metrics: ['counted'], filters: filtersOf(emailing, 'open') })
  const clicks = useReport({
    ...shared,
    metrics: ['counted'],
    filters: filtersOf(emailing, 'click'),
  })
  const machines = useReport({
    ...shared,
    metrics: ['events'],
    filters: { ...filtersOf(emailing, 'open'), verdict: 'machine_open' },
  })
  const values = (rows: Row[] | undefined, name: string) =>
    (rows ?? []).map((row) => numberOf(row, name))
  return (
    <Answer of={opens} lines={8}>
      {(answer) => (
        <TimeChart
          name={texts.overTime}
          bucket={bucket}
          unfinished={unfinished}
          buckets={answer.rows.map((row) => textOf(row, 'time'))}
          series={[
            { name: texts.opens, values: values(answer.rows, 'counted') },
            { name: texts.clicks, values: values(clicks.data?.rows, 'counted') },
            { name: texts.openedByMachines, values: values(machines.data?.rows, 'events') },
          ]}
        />
      )}
    </Answer>
  )
}

function ByLink(props: { emailing: Emailing }) {
  const { emailing } = props
  const links = useLinks(emailing.id)
  const filters = filtersOf(emailing, 'click')
  const names = new Map(
    (links.data ?? []).map((link) => [link.id, link.title || link.url.replace(/^https?:\/\//, '')]),
  )
  return (
    <Top
      of={useTop('link', filters, 10)}
      name={texts.byLink}
      column="link"
      filters={filters}
      label={(id) => names.get(id) ?? texts.gone}
      nothing={texts.noClicks}
    />
  )
}

function Opened(props: {
  emailing: Emailing
  column: string
  name: string
  label: (value: string) => string
}) {
  const filters = filtersOf(props.emailing, 'open')
  return (
    <Top
      of={useTop(props.column, filters, 6)}
      name={props.name}
      column={props.column}
      filters={filters}
      label={(value) => props.label(value) || strings.common.unknown}
      nothing={texts.noOpens}
    />
  )
}

function ReportedByTool(props: { emailing: Emailing }) {
  const { id, tracker } = props.emailing
  const call: Call = {
    path: '/events',
    body: [
      {
        kind: 'delivery',
        tracker: Number(tracker),
        unique: 'DESTINATION',
        references: { emailing: id, destination: 'DESTINATION' },
      },
    ],
  }
  return (
    <>
      <p class="spaced">{texts.reportsText}</p>
      <Command call={call} />
    </>
  )
}
