/** What was counted in the range of the page: of everything, or of what some filters leave. */
import {
  type Filters,
  numberOf,
  type Report,
  type Row,
  rowsInWindow,
  textOf,
  useReport,
} from '../api/queries'
import { formatShare } from '../formats'
import { useWithCountry } from '../state/country'
import { useChartWindow } from '../state/elapsed'
import { strings } from '../strings'
import { LiveFeed } from './LiveFeed'
import { Card } from './Page'
import { Stat } from './Stat'
import { Answer } from './States'
import { TimeChart } from './TimeChart'
import { Countries, CountryChip, TopCard } from './Top'
import { Count } from './Waterfall'

const OF_SOFTWARE = [
  ['os', strings.analytics.systems],
  ['browser', strings.analytics.browsers],
  ['language', strings.analytics.languages],
] as const

/** Events and visitors over time, and the days before. */
export function useSeries(filters: Filters) {
  const { window, bucket, compare } = useChartWindow()
  const shared = {
    ...window,
    filters,
    dimensions: [{ time: bucket }],
    compare,
    fill: true,
    top: 1000,
  }
  return {
    events: useReport({ ...shared, metrics: ['interactions', 'counted', 'events'] }, { live: true }),
    visitors: useReport({ ...shared, metrics: ['uniques'] }),
  }
}

type SeriesOf = { events: Report; visitors: Report | undefined }

function before(row: Row): Row | undefined {
  return row['previous'] as Row | undefined
}

/** Visitors are kept in the modes `full` and `truncated` alone. */
function isNobodyKept({ visitors }: SeriesOf): boolean {
  return visitors?.totals['uniques'] === null
}

/** Of how many interactions visitors are known, where that is not all of them. */
function knownOf(visitors: Report | undefined, interactions: number): string | undefined {
  const known = numberOf(visitors?.totals, 'with_visitor')
  return visitors && known < interactions
    ? strings.overview.visitorsOf(known, interactions)
    : undefined
}

function aboutVisitors(visitors: Report | undefined): string {
  const error = visitors?.relative_error
  return `${strings.overview.aboutVisitors} ${error ? strings.overview.error(error) : ''}`.trim()
}

export function Numbers(props: SeriesOf & { filters: Filters; of: string }) {
  const { events, visitors, filters, of } = props
  const [counted, received] = [numberOf(events.totals, 'counted'), numberOf(events.totals, 'events')]
  const interactions = numberOf(events.totals, 'interactions')
  const sent = counted - interactions
  const uniques = numberOf(visitors?.totals, 'uniques')
  const nobody = visitors !== undefined && isNobodyKept(props)
  const past = before(events.totals)
  return (
    <section class="stats" aria-label={of}>
      <Stat
        name={strings.overview.interactions}
        about={strings.overview.aboutInteractions}
        note={sent > 0 ? strings.overview.sent(sent) : undefined}
        value={interactions}
        before={past && numberOf(past, 'interactions')}
      >
        <Count value={interactions} filters={filters} of={of} />
      </Stat>
      <Stat
        name={strings.overview.uniques}
        about={aboutVisitors(visitors)}
        note={nobody ? strings.overview.noVisitors : knownOf(visitors, interactions)}
        value={uniques}
        before={nobody ? undefined : visitors && numberOf(before(visitors.totals), 'uniques')}
      >
        {nobody ? (
          '–'
        ) : visitors ? (
          <Count value={uniques} filters={filters} of={strings.overview.uniques.toLowerCase()} />
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

/** Interactions and visitors, and the interactions of the days before. */
export function OverTime(props: SeriesOf) {
  const { bucket, unfinished } = useChartWindow()
  const rows = rowsInWindow(props.events)
  const visitors = new Map(
    props.visitors?.rows.map((row) => [textOf(row, 'time'), numberOf(row, 'uniques')]),
  )
  const of = (name: string, value: (row: Row) => number) => ({ name, values: rows.map(value) })
  return (
    <TimeChart
      name={strings.overview.overTime}
      height={300}
      bucket={bucket}
      unfinished={unfinished}
      buckets={rows.map((row) => textOf(row, 'time'))}
      series={[
        of(strings.overview.interactions, (row) => numberOf(row, 'interactions')),
        ...(props.visitors === undefined || isNobodyKept(props)
          ? []
          : [of(strings.overview.uniques, (row) => visitors.get(textOf(row, 'time')) ?? 0)]),
        { ...of(strings.overview.before, (row) => numberOf(before(row), 'interactions')), past: true },
      ]}
    />
  )
}

/** Of one thing: `<Analytics filters={{code: 'c_…'}} of="Menu" />`. */
export function Analytics(props: { filters: Record<string, string>; of: string }) {
  const filters = useWithCountry(props.filters)
  return (
    <>
      <CountryChip />
      <Counted filters={filters} all={props.filters} of={props.of} />
    </>
  )
}

/** `all`: the same filters without a country. */
function Counted(props: { filters: Record<string, string>; all: Filters; of: string }) {
  const { filters, of } = props
  const series = useSeries(filters)
  return (
    <Answer of={series.events} lines={10}>
      {(events) => (
        <>
          <Numbers events={events} visitors={series.visitors.data} filters={filters} of={of} />
          <div class="grid">
            <Card title={strings.overview.overTime} span={8}>
              <OverTime events={events} visitors={series.visitors.data} />
            </Card>
            <Card title={strings.overview.live} span={4} class="live">
              <LiveFeed filters={filters} />
            </Card>
            <Countries filters={props.all} />
            <div class="stacked span-4">
              <TopCard column="device" title={strings.overview.devices} filters={filters} span={12} />
              <TopCard
                column="referrer_host"
                title={strings.overview.referrers}
                filters={filters}
                span={12}
              />
            </div>
            {OF_SOFTWARE.map(([column, title]) => (
              <TopCard key={column} column={column} title={title} filters={filters} span={4} kept />
            ))}
          </div>
        </>
      )}
    </Answer>
  )
}
