import { Link } from 'wouter-preact'
import { type Filters, numberOf, textOf } from '../../api/questions'
import { Numbers, OverTime, useSeries } from '../../parts/Analytics'
import { Command } from '../../parts/Copy'
import { LiveFeed } from '../../parts/LiveFeed'
import { Card, Page } from '../../parts/Page'
import { RangePicker } from '../../parts/RangePicker'
import { Answer, Empty } from '../../parts/States'
import { Countries, Top, TopCard, useTop } from '../../parts/Top'
import type { Call } from '../../shell'
import { strings } from '../../strings'
import { trackerName, trackerPage, useTrackerNames } from './names'

const EVERYTHING: Filters = {}

export function Overview() {
  const series = useSeries(EVERYTHING)
  return (
    <Page title={strings.overview.title} actions={<RangePicker />}>
      <Answer of={series.events} lines={10}>
        {(events) => (
          <>
            <Numbers
              events={events}
              visitors={series.visitors.data}
              filters={EVERYTHING}
              of={strings.overview.events}
            />
            {numberOf(events.totals, 'events') === 0 ? (
              <Nothing />
            ) : (
              <div class="grid">
                <Card title={strings.overview.overTime} span={8}>
                  <OverTime events={events} visitors={series.visitors.data} />
                </Card>
                <Card title={strings.overview.live} span={4} class="live">
                  <LiveFeed />
                </Card>
                <Countries filters={EVERYTHING} />
                <Sources />
                <Trackers />
                <TopCard
                  column="referrer_host"
                  title={strings.overview.referrers}
                  filters={EVERYTHING}
                  span={4}
                />
                <TopCard
                  column="device"
                  title={strings.overview.devices}
                  filters={EVERYTHING}
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

function Sources() {
  return (
    <Card title={strings.overview.sources} span={4}>
      <Top
        of={useTop('source', EVERYTHING)}
        name={strings.overview.sources}
        column="source"
        filters={EVERYTHING}
        label={(source) => strings.overview.sourceNames[source] ?? source}
        to={(source) => `/events?f.source=${encodeURIComponent(source)}`}
      />
    </Card>
  )
}

function Trackers() {
  const report = useTop('tracker', EVERYTHING)
  const names = useTrackerNames(report.data?.rows.map((row) => textOf(row, 'tracker')) ?? [])
  return (
    <Card title={strings.overview.trackers} span={4}>
      <Top
        of={report}
        name={strings.overview.trackers}
        column="tracker"
        filters={EVERYTHING}
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
