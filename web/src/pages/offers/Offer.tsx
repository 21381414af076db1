import { useQuery } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { answered, everflow, Refused } from '../../api/client'
import {
  numberOf,
  type Report,
  type Row,
  rowsInWindow,
  textOf,
  useReport,
} from '../../api/questions'
import { Card, Page } from '../../parts/Page'
import { RangePicker } from '../../parts/RangePicker'
import { Stat } from '../../parts/Stat'
import { Answer, Empty } from '../../parts/States'
import { TimeChart } from '../../parts/TimeChart'
import { Count } from '../../parts/Waterfall'
import { useChartWindow } from '../../state/elapsed'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { Breakdown } from './Breakdown'
import { Creatives } from './Creatives'
import { Links } from './Links'
import { rateOf } from './resources'
import { OfferForm } from './OfferForm'
import { Status } from './Status'

const words = strings.offers

export default function OfferPage(props: { params: { id: string } }) {
  const id = Number(props.params.id)
  const offer = useQuery({
    queryKey: ['offer', id],
    queryFn: () =>
      answered(everflow.GET('/v1/networks/offers/{id}', { params: { path: { id: String(id) } } })),
  })
  const [changing, setChanging] = useState(false)
  const { mayWrite } = useSigned()
  if (offer.error instanceof Refused && [400, 404].includes(offer.error.status)) return <NotThere />
  return (
    <Page
      title={offer.data?.name ?? words.offer}
      lead={
        offer.data && (
          <>
            <Status of={offer.data.offer_status} />{' '}
            <span class="wraps">{offer.data.destination_url}</span>
          </>
        )
      }
      actions={
        <>
          <RangePicker />
          {mayWrite && offer.data && (
            <button type="button" onClick={() => setChanging(true)}>
              {words.change}
            </button>
          )}
        </>
      }
    >
      <Answer of={offer} lines={10}>
        {(told) => (
          <>
            <Numbers id={id} />
            <div class="grid">
              <Breakdown offer={told} />
              {mayWrite && <Links offer={told} />}
              <Creatives offer={told} />
            </div>
            {changing && <OfferForm offer={told} onClose={() => setChanging(false)} />}
          </>
        )}
      </Answer>
    </Page>
  )
}

function NotThere() {
  return (
    <Page title={words.offer}>
      <Empty title={words.notThere}>
        <p>
          <Link href="/offers">{words.toOffers}</Link>
        </p>
      </Empty>
    </Page>
  )
}

function Numbers(props: { id: number }) {
  const { window, bucket, compare, unfinished } = useChartWindow()
  const offer = String(props.id)
  const report = useReport(
    {
      ...window,
      metrics: ['counted', 'events'],
      dimensions: ['kind', { time: bucket }],
      filters: { offer },
      compare,
      fill: true,
      top: 1000,
    },
    { live: true },
  )
  return (
    <Answer of={report} lines={10}>
      {(told) => {
        const now = { impressions: sum(told, 'impression'), clicks: sum(told, 'click') }
        const ignored = numberOf(told.totals, 'events') - numberOf(told.totals, 'counted')
        return (
          <>
            <section class="stats" aria-label={words.overTime}>
              <Stat
                name={words.impressions}
                value={now.impressions}
                before={sum(told, 'impression', true)}
              >
                <Count
                  value={now.impressions}
                  filters={{ offer, kind: 'impression' }}
                  of={words.ofImpressions}
                />
              </Stat>
              <Stat name={words.clicks} value={now.clicks} before={sum(told, 'click', true)}>
                <Count value={now.clicks} filters={{ offer, kind: 'click' }} of={words.ofClicks} />
              </Stat>
              <Stat name={words.rate}>{rateOf(now)}</Stat>
              <Stat name={words.notCounted} note={words.notCountedNote}>
                <Count value={ignored} filters={{ offer }} of={words.ofEvents} />
              </Stat>
            </section>
            <Card title={words.overTime}>
              <OverTime report={told} bucket={bucket} unfinished={unfinished} />
            </Card>
          </>
        )
      }}
    </Answer>
  )
}

function sum(report: Report, kind: string, before = false): number {
  return report.rows
    .filter((row) => textOf(row, 'kind') === kind)
    .map((row) => numberOf(before ? (row['previous'] as Row | undefined) : row, 'counted'))
    .reduce((total, count) => total + count, 0)
}

function OverTime(props: { report: Report; bucket: string; unfinished: boolean }) {
  const rows = rowsInWindow(props.report)
  const buckets = [...new Set(rows.map((row) => textOf(row, 'time')))].sort()
  const of = (kind: string) => {
    const counts = new Map(
      rows
        .filter((row) => textOf(row, 'kind') === kind)
        .map((row) => [textOf(row, 'time'), numberOf(row, 'counted')]),
    )
    return buckets.map((bucket) => counts.get(bucket) ?? 0)
  }
  return (
    <TimeChart
      name={words.overTime}
      bucket={props.bucket}
      unfinished={props.unfinished}
      buckets={buckets}
      series={[
        { name: words.impressions, values: of('impression') },
        { name: words.clicks, values: of('click') },
      ]}
    />
  )
}
