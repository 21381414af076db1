import { lazy, Suspense } from 'preact/compat'
import { useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import {
  type Filters,
  numberOf,
  type Report,
  type Row,
  textOf,
  useReport,
  windowOf,
} from '../../api/questions'
import { formatCountry, formatShare } from '../../formats'
import { Snippet } from '../../parts/Copy'
import { Tabs } from '../../parts/Field'
import { Card, Page } from '../../parts/Page'
import { RangePicker } from '../../parts/RangePicker'
import { Ranking } from '../../parts/Ranking'
import { Stat } from '../../parts/Stat'
import { Answer, Empty, Loading } from '../../parts/States'
import { TimeChart } from '../../parts/TimeChart'
import { Count } from '../../parts/Waterfall'
import { bucketOf, useRange } from '../../state/range'
import { strings } from '../../strings'
import { LiveFeed } from './LiveFeed'
import { useTrackerNames } from './names'

const WorldMap = lazy(() => import('../../parts/WorldMap'))
const EVERYTHING: Filters = {}

export function Overview() {
  const [range] = useRange()
  const bucket = bucketOf(range)
  const series = useReport(
    {
      ...windowOf(range),
      metrics: ['counted', 'events'],
      dimensions: [{ time: bucket }],
      compare: 'previous',
      fill: true,
      top: 1000,
    },
    { live: true },
  )
  const uniques = useReport({
    ...windowOf(range),
    metrics: ['uniques'],
    dimensions: [],
    compare: 'previous',
  })
  // Visitors are kept in the modes `full` and `truncated` alone.
  const nobody =
    numberOf(uniques.data?.totals, 'uniques') === 0 && numberOf(series.data?.totals, 'counted') > 0
  return (
    <Page title={strings.overview.title} actions={<RangePicker />}>
      <Answer of={series} lines={10}>
        {(report) => (
          <>
            <section class="stats" aria-label={strings.overview.title}>
              <Stat
                name={strings.overview.counted}
                value={numberOf(report.totals, 'counted')}
                before={previous(report, 'counted')}
              >
                <Count
                  value={numberOf(report.totals, 'counted')}
                  filters={EVERYTHING}
                  of={strings.overview.events}
                />
              </Stat>
              <Stat
                name={strings.overview.uniques}
                value={numberOf(uniques.data?.totals, 'uniques')}
                before={uniques.data && previous(uniques.data, 'uniques')}
                note={nobody ? strings.overview.noVisitors : undefined}
              >
                {nobody ? (
                  '–'
                ) : uniques.data ? (
                  <Count
                    value={numberOf(uniques.data.totals, 'uniques')}
                    filters={EVERYTHING}
                    of={strings.overview.uniques.toLowerCase()}
                  />
                ) : (
                  '…'
                )}
              </Stat>
              <Stat
                name={strings.overview.received}
                value={numberOf(report.totals, 'events')}
                before={previous(report, 'events')}
              >
                <Count
                  value={numberOf(report.totals, 'events')}
                  filters={EVERYTHING}
                  of={strings.overview.events}
                />
              </Stat>
              <Stat name={strings.overview.rate} note={strings.overview.rateNote}>
                {formatShare(
                  numberOf(report.totals, 'counted') /
                    Math.max(1, numberOf(report.totals, 'events')),
                )}
              </Stat>
            </section>
            {numberOf(report.totals, 'events') === 0 ? (
              <Nothing />
            ) : (
              <div class="grid">
                <Card title={strings.overview.overTime} span={8}>
                  <OverTime report={report} bucket={bucket} />
                </Card>
                <Card title={strings.overview.live} span={4} class="live">
                  <LiveFeed />
                </Card>
                <Countries />
                <Sources />
                <Trackers />
                <Top column="referrer_host" title={strings.overview.referrers} />
                <Top column="device" title={strings.overview.devices} />
              </div>
            )}
          </>
        )}
      </Answer>
    </Page>
  )
}

function previous(report: Report, metric: string): number | undefined {
  const before = report.totals['previous'] as Row | undefined
  return before === undefined ? undefined : numberOf(before, metric)
}

function OverTime(props: { report: Report; bucket: string }) {
  const { rows } = props.report
  const before = rows.map((row) => numberOf(row['previous'] as Row | undefined, 'counted'))
  return (
    <TimeChart
      name={strings.overview.overTime}
      bucket={props.bucket}
      height={300}
      buckets={rows.map((row) => textOf(row, 'time'))}
      series={[
        { name: strings.overview.counted, values: rows.map((row) => numberOf(row, 'counted')) },
        { name: strings.overview.before, values: before, past: true },
      ]}
    />
  )
}

/** The greatest of one column, in a card of its own. */
function useTop(column: string, top = 8) {
  const [range] = useRange()
  return useReport({ ...windowOf(range), metrics: ['counted'], dimensions: [column], top })
}

function Sources() {
  const report = useTop('source')
  const [, go] = useLocation()
  return (
    <Card title={strings.overview.sources} span={4}>
      <Answer of={report}>
        {(told) => (
          <Ranking
            name={strings.overview.sources}
            total={numberOf(told.totals, 'counted')}
            rows={told.rows.map((row) => ({
              key: textOf(row, 'source'),
              label: strings.overview.sourceNames[textOf(row, 'source')] ?? textOf(row, 'source'),
              count: numberOf(row, 'counted'),
            }))}
            onPick={(row) => go(`/events${location.search || '?'}&f.source=${row.key}`)}
          />
        )}
      </Answer>
    </Card>
  )
}

function Trackers() {
  const report = useTop('tracker')
  const names = useTrackerNames(report.data?.rows.map((row) => textOf(row, 'tracker')) ?? [])
  return (
    <Card title={strings.overview.trackers} span={4}>
      <Answer of={report}>
        {(told) => (
          <Ranking
            name={strings.overview.trackers}
            total={numberOf(told.totals, 'counted')}
            other={numberOf(told.other, 'counted')}
            rows={told.rows.map((row) => {
              const id = textOf(row, 'tracker')
              return {
                key: id,
                label: <Link href={`/trackers/${id}`}>{names.get(id) ?? strings.overview.tracker(id)}</Link>,
                count: numberOf(row, 'counted'),
              }
            })}
          />
        )}
      </Answer>
    </Card>
  )
}

function Countries() {
  const [view, setView] = useState('map')
  const report = useTop('country', 250)
  return (
    <Card
      title={strings.overview.countries}
      span={8}
      actions={
        <Tabs
          name={strings.overview.countries}
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
                name={strings.overview.countries}
                counts={
                  new Map(
                    told.rows.map((row) => [textOf(row, 'country'), numberOf(row, 'counted')]),
                  )
                }
              />
            </Suspense>
          ) : (
            <Ranking
              name={strings.overview.countries}
              total={numberOf(told.totals, 'counted')}
              rows={told.rows.slice(0, 12).map((row) => ({
                key: textOf(row, 'country'),
                label: formatCountry(textOf(row, 'country')) || strings.common.unknown,
                count: numberOf(row, 'counted'),
              }))}
              other={told.rows
                .slice(12)
                .reduce((sum, row) => sum + numberOf(row, 'counted'), 0)}
            />
          )
        }
      </Answer>
    </Card>
  )
}

function Top(props: { column: 'device' | 'referrer_host'; title: string }) {
  const report = useTop(props.column)
  const unknown =
    props.column === 'referrer_host' ? strings.overview.direct : strings.common.unknown
  return (
    <Card title={props.title} span={4}>
      <Answer of={report}>
        {(told) => (
          <Ranking
            name={props.title}
            total={numberOf(told.totals, 'counted')}
            other={numberOf(told.other, 'counted')}
            rows={told.rows.map((row) => {
              const value = textOf(row, props.column)
              return {
                key: value,
                label: strings.overview.deviceNames[value] ?? (value || unknown),
                count: numberOf(row, 'counted'),
              }
            })}
          />
        )}
      </Answer>
    </Card>
  )
}

function Nothing() {
  const curl = `curl ${location.origin}/events -H "Authorization: Bearer $KEY" \\
  -H 'Content-Type: application/json' -d '[{"kind": "scan"}]'`
  return (
    <Card>
      <Empty title={strings.overview.emptyTitle}>
        <p>{strings.overview.emptyCode}</p>
        <p>
          <Link href="/codes/new" class="button primary">
            {strings.overview.makeCode}
          </Link>
        </p>
        <p>{strings.overview.emptyCurl}</p>
        <Snippet text={curl} />
      </Empty>
    </Card>
  )
}
