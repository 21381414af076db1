import { Link } from 'wouter-preact'
import { type Filters, numberOf, textOf } from '../../api/queries'
import { Numbers, OverTime, useSeries } from '../../parts/Analytics'
import { Command } from '../../parts/Copy'
import { LiveFeed } from '../../parts/LiveFeed'
import { Card, Page } from '../../parts/Page'
import { RangePicker } from '../../parts/RangePicker'
import { Answer, Empty } from '../../parts/States'
import { Countries, CountryChip, Top, TopCard, useTop } from '../../parts/Top'
import type { Call } from '../../shell'
import { useCountry, useWithCountry } from '../../state/country'
import { strings } from '../../strings'
import { trackerName, trackerPage, useTrackerNames } from './names'

const EVERYTHING: Record<string, string> = {}

export function Overview() {
  const [country] = useCountry()
  const filters = useWithCountry(EVERYTHING)
  const series = useSeries(filters)
  return (
    <Page title={strings.overview.title} actions={<RangePicker />}>
      <CountryChip />
      <Answer of={series.events} lines={10}>
        {(events) => (
          <>
            <Numbers
              events={events}
              visitors={series.visitors.data}
              filters={filters}
              of={strings.overview.events}
            />
            {numberOf(events.totals, 'events') === 0 && country === null ? (
              <Nothing />
            ) : (
              <div class="grid">
                <Card title={strings.overview.overTime} span={8}>
                  <OverTime events={events} visitors={series.visitors.data} />
                </Card>
                <Card title={strings.overview.live} span={4} class="live">
                  <LiveFeed filters={filters} />
                </Card>
                <Countries filters={EVERYTHING} />
                <Sources filters={filters} />
                <Trackers filters={filters} />
                <TopCard
                  column="referrer_host"
                  title={strings.overview.referrers}
                  filters={filters}
                  span={4}
                />
                <TopCard
                  column="device"
                  title={strings.overview.devices}
                  filters={filters}
                  span={4}
                />
              </div>
            )}
          </>
        )}
      </Answer>
    </Page>
  )
}

function Sources({ filters }: { filters: Filters }) {
  const [country] = useCountry()
  const alone = country === null ? '' : `&f.country=${encodeURIComponent(country)}`
  return (
    <Card title={strings.overview.sources} span={4}>
      <Top
        of={useTop('source', filters)}
        name={strings.overview.sources}
        column="source"
        filters={filters}
        label={(source) => strings.overview.sourceNames[source] ?? source}
        to={(source) => `/events?f.source=${encodeURIComponent(source)}${alone}`}
      />
    </Card>
  )
}

function Trackers({ filters }: { filters: Filters }) {
  const report = useTop('tracker', filters)
  const names = useTrackerNames(report.data?.rows.map((row) => textOf(row, 'tracker')) ?? [])
  return (
    <Card title={strings.overview.trackers} span={4}>
      <Top
        of={report}
        name={strings.overview.trackers}
        column="tracker"
        filters={filters}
        label={(id) => trackerName(id, names)}
        to={trackerPage}
      />
    </Card>
  )
}

function Nothing() {
  const call: Call = { path: '/events', body: [{ kind: 'scan' }] }
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
        <Command call={call} />
      </Empty>
    </Card>
  )
}
