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
} from '../../api/queries'
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
import { clickRateText } from './queries'
import { OfferForm } from './OfferForm'
import { Status } from './Status'

const texts = strings.offers

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
      title={offer.data?.name ?? texts.offer}
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
              {texts.change}
            </button>
          )}
        </>
      }
    >
      <Answer of={offer} lines={10}>
        {(answer) => (
          <>
            <Numbers id={id} />
            <div class="grid">
              <Breakdown offer={answer} />
              {mayWrite && <Links offer={answer} />}
              <Creatives offer={answer} />
            </div>
            {changing && <OfferForm offer={answer} onClose={() => setChanging(false)} />}
          </>
        )}
      </Answer>
    </Page>
  )
}

function NotThere() {
  return (
    <Page title={texts.offer}>
      <Empty title={texts.notThere}>
        <p>
          <Link href="/offers">{texts.toOffers}</Link>
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
      {(answer) => {
        const now = { impressions: sum(answer, 'impression'), clicks: sum(answer, 'click') }
        const ignored = numberOf(answer.totals, 'events') - numberOf(answer.totals, 'counted')
        return (
          <>
            <section class="stats" aria-label={texts.overTime}>
              <Stat
                name={texts.impressions}
                value={now.impressions}
                before={sum(answer, 'impression', true)}
              >
                <Count
                  value={now.impressions}
                  filters={{ offer, kind: 'impression' }}
                  of={texts.ofImpressions}
                />
              </Stat>
              <Stat name={texts.clicks} value={now.clicks} before={sum(answer, 'click', true)}>
                <Count value={now.clicks} filters={{ offer, kind: 'click' }} of={texts.ofClicks} />
              </Stat>
              <Stat name={texts.rate}>{clickRateText(now)}</Stat>
              <Stat name={texts.notCounted} note={texts.notCountedNote}>
                <Count value={ignored} filters={{ offer }} of={texts.ofEvents} />
              </Stat>
            </section>
            <Card title={texts.overTime}>
              <OverTime report={answer} bucket={bucket} unfinished={unfinished} />
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
      name={texts.overTime}
      bucket={props.bucket}
      unfinished={props.unfinished}
      buckets={buckets}
      series={[
        { name: texts.impressions, values: of('impression') },
        { name: texts.clicks, values: of('click') },
      ]}
    />
  )
}
