import { lazy, Suspense } from 'preact/compat'
import { useState } from 'preact/hooks'
import { type Filters, numberOf, type Report, type Row, textOf, useReport, windowOf } from '../api/questions'
import { formatCountry, formatShare } from '../formats'
import { LiveFeed } from '../pages/overview/LiveFeed'
import { bucketOf, useRange } from '../state/range'
import { strings } from '../strings'
import { Tabs } from './Field'
import { Card } from './Page'
import { Ranking } from './Ranking'
import { Stat } from './Stat'
import { Answer, Loading } from './States'
import { TimeChart } from './TimeChart'
import { Count } from './Waterfall'

const WorldMap = lazy(() => import('./WorldMap'))

/** What one thing counted, in the range of the page: `<Analytics filters={{code: 'c_…'}} …/>`. */
export function Analytics(props: { filters: Record<string, string>; of: string }) {
  const [range] = useRange()
  const bucket = bucketOf(range)
  const asked = { ...windowOf(range), filters: props.filters }
  const series = useReport(
    {
      ...asked,
      metrics: ['counted', 'events'],
      dimensions: [{ time: bucket }],
      compare: 'previous',
      fill: true,
      top: 1000,
    },
    { live: true },
  )
  return (
    <Answer of={series} lines={10}>
      {(report) => (
        <>
          <Numbers report={report} filters={props.filters} of={props.of} />
          <div class="grid">
            <Card title={strings.overview.overTime} span={8}>
              <TimeChart
                name={strings.overview.overTime}
                height={300}
                bucket={bucket}
                buckets={report.rows.map((row) => textOf(row, 'time'))}
                series={[
                  {
                    name: strings.overview.counted,
                    values: report.rows.map((row) => numberOf(row, 'counted')),
                  },
                  {
                    name: strings.overview.before,
                    values: report.rows.map((row) => numberOf(before(row), 'counted')),
                    past: true,
                  },
                ]}
              />
            </Card>
            <Card title={strings.overview.live} span={4} class="live">
              <LiveFeed filters={props.filters} />
            </Card>
            <Countries filters={props.filters} />
            <div class="stacked span-4">
              <Top column="device" title={strings.overview.devices} filters={props.filters} />
              <Top
                column="referrer_host"
                title={strings.overview.referrers}
                filters={props.filters}
              />
            </div>
            <Top column="os" title={strings.analytics.systems} filters={props.filters} kept />
            <Top
              column="browser"
              title={strings.analytics.browsers}
              filters={props.filters}
              kept
            />
            <Top
              column="language"
              title={strings.analytics.languages}
              filters={props.filters}
              kept
            />
          </div>
        </>
      )}
    </Answer>
  )
}

function before(row: Row): Row | undefined {
  return row['previous'] as Row | undefined
}

function Numbers(props: { report: Report; filters: Filters; of: string }) {
  const { report, filters, of } = props
  const [range] = useRange()
  const uniques = useReport({
    ...windowOf(range),
    filters,
    metrics: ['uniques'],
    dimensions: [],
    compare: 'previous',
  })
  const [counted, received] = [numberOf(report.totals, 'counted'), numberOf(report.totals, 'events')]
  const visitors = numberOf(uniques.data?.totals, 'uniques')
  // Visitors are kept in the modes `full` and `truncated` alone.
  const nobody = uniques.data !== undefined && visitors === 0 && counted > 0
  const past = before(report.totals)
  return (
    <section class="stats" aria-label={of}>
      <Stat name={strings.overview.counted} value={counted} before={past && numberOf(past, 'counted')}>
        <Count value={counted} filters={filters} of={of} />
      </Stat>
      <Stat
        name={strings.overview.uniques}
        note={nobody ? strings.overview.noVisitors : undefined}
        value={visitors}
        before={uniques.data && numberOf(before(uniques.data.totals), 'uniques')}
      >
        {nobody ? (
          '–'
        ) : uniques.data ? (
          <Count value={visitors} filters={filters} of={strings.overview.uniques.toLowerCase()} />
        ) : (
          '…'
        )}
      </Stat>
      <Stat name={strings.overview.received} value={received} before={past && numberOf(past, 'events')}>
        <Count value={received} filters={filters} of={strings.overview.events} />
      </Stat>
      <Stat name={strings.overview.rate} note={strings.overview.rateNote}>
        {received > 0 ? formatShare(counted / received) : '–'}
      </Stat>
    </section>
  )
}

function useTop(column: string, filters: Filters, top: number) {
  const [range] = useRange()
  return useReport({ ...windowOf(range), filters, metrics: ['counted'], dimensions: [column], top })
}

/** Rows that counted nothing say nothing. */
function counting(report: Report): Row[] {
  return report.rows.filter((row) => numberOf(row, 'counted') > 0)
}

function Countries(props: { filters: Filters }) {
  const [view, setView] = useState('map')
  const report = useTop('country', props.filters, 250)
  const name = strings.overview.countries
  return (
    <Card
      title={name}
      span={8}
      actions={
        <Tabs
          name={name}
          value={view}
          options={[
            ['map', strings.overview.map],
            ['list', strings.overview.list],
          ]}
          onValue={setView}
        />
      }
    >
      <Answer of={report} lines={8}>
        {(told) =>
          view === 'map' ? (
            <Suspense fallback={<Loading lines={8} />}>
              <WorldMap
                name={name}
                counts={
                  new Map(told.rows.map((row) => [textOf(row, 'country'), numberOf(row, 'counted')]))
                }
              />
            </Suspense>
          ) : (
            <Ranking
              name={name}
              total={numberOf(told.totals, 'counted')}
              rows={counting(told)
                .slice(0, 12)
                .map((row) => ({
                  key: textOf(row, 'country'),
                  label: formatCountry(textOf(row, 'country')) || strings.common.unknown,
                  count: numberOf(row, 'counted'),
                }))}
              other={counting(told)
                .slice(12)
                .reduce((sum, row) => sum + numberOf(row, 'counted'), 0)}
            />
          )
        }
      </Answer>
    </Card>
  )
}

/** `kept`: a privacy mode may keep none of it, and then there is nothing to show. */
function Top(props: { column: string; title: string; filters: Filters; kept?: boolean }) {
  const report = useTop(props.column, props.filters, 6)
  const unknown =
    props.column === 'referrer_host' ? strings.overview.direct : strings.common.unknown
  if (props.kept && !report.data?.rows.some((row) => textOf(row, props.column))) return null
  return (
    <Card title={props.title} span={props.kept ? 4 : 12}>
      <Answer of={report}>
        {(told) =>
          counting(told).length === 0 ? (
            <p class="note">{strings.analytics.nothing}</p>
          ) : (
            <Ranking
              name={props.title}
              total={numberOf(told.totals, 'counted')}
              other={numberOf(told.other, 'counted')}
              rows={counting(told).map((row) => {
                const value = textOf(row, props.column)
                return {
                  key: value,
                  label: strings.overview.deviceNames[value] ?? (value || unknown),
                  count: numberOf(row, 'counted'),
                }
              })}
            />
          )
        }
      </Answer>
    </Card>
  )
}
