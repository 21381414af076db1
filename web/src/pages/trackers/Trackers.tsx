import { Plus } from 'lucide-preact'
import { useMemo, useState } from 'preact/hooks'
import { Link, useLocation, useSearchParams } from 'wouter-preact'
import { Command } from '../../parts/Copy'
import { Select } from '../../parts/Field'
import { Card, Page } from '../../parts/Page'
import { RangePicker } from '../../parts/RangePicker'
import { SearchField } from '../../parts/SearchField'
import { Answer, Empty } from '../../parts/States'
import { Table } from '../../parts/Table'
import { Sparkline } from '../../parts/TimeChart'
import { Count } from '../../parts/Waterfall'
import type { Call } from '../../shell'
import { useChartWindow } from '../../state/elapsed'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { NewTracker } from './NewTracker'
import { nameOf, type Tracker, useCounts, useTrackers, type Wanted } from './questions'

const said = strings.trackers
const OWN = 'native'
const EVERYTHING = 'all'

/** What the list is narrowed to: in the address, so that a link shows the same. */
function useWanted(): [Wanted, string, (changed: Record<string, string>) => void] {
  const [search, setSearch] = useSearchParams()
  const source = search.get('source') ?? OWN
  const wanted = {
    search: search.get('search') ?? '',
    source: source === EVERYTHING ? '' : source,
    status: search.get('status') ?? '',
  }
  const set = (changed: Record<string, string>) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before)
        for (const [name, value] of Object.entries(changed))
          if (value && value !== OWN) next.set(name, value)
          else next.delete(name)
        return next
      },
      { replace: true },
    )
  return [wanted, source, set]
}

export default function Trackers() {
  const { mayWrite } = useSigned()
  const [wanted, source, set] = useWanted()
  const [making, setMaking] = useState(false)
  const trackers = useTrackers(wanted)
  const shown = useMemo(
    () => trackers.data?.pages.flatMap((page) => page.trackers) ?? [],
    [trackers.data],
  )
  const narrowed = Boolean(wanted.search || wanted.status || source !== OWN)
  return (
    <Page
      title={said.title}
      lead={said.lead}
      actions={
        <>
          <RangePicker />
          {mayWrite && (
            <button type="button" class="primary" onClick={() => setMaking(true)}>
              <Plus size={16} aria-hidden="true" /> {said.make}
            </button>
          )}
        </>
      }
    >
      <Card>
        <Filters wanted={wanted} source={source} onSet={set} />
        <Answer of={trackers} lines={10}>
          {() =>
            shown.length > 0 ? (
              <List trackers={shown} />
            ) : narrowed ? (
              <Empty title={said.nothingTitle}>
                <p>
                  <button
                    type="button"
                    onClick={() => set({ search: '', status: '', source: EVERYTHING })}
                  >
                    {said.showAll}
                  </button>
                </p>
              </Empty>
            ) : (
              <Nothing onMake={() => setMaking(true)} />
            )
          }
        </Answer>
        {trackers.hasNextPage && (
          <button type="button" onClick={() => void trackers.fetchNextPage()}>
            {strings.common.more}
          </button>
        )}
      </Card>
      {making && <NewTracker onClose={() => setMaking(false)} />}
    </Page>
  )
}

function Filters(props: {
  wanted: Wanted
  source: string
  onSet: (changed: Record<string, string>) => void
}) {
  const { wanted, source, onSet } = props
  const names = Object.entries(strings.overview.sourceNames).filter(([one]) => one !== 'redirect')
  return (
    <search class="code-filters">
      <SearchField
        label={said.search}
        hint={said.searchHint}
        value={wanted.search}
        onSearch={(search) => onSet({ search })}
      />
      <Select
        label={said.source}
        value={source}
        options={[...names, [EVERYTHING, said.everything]]}
        onValue={(picked) => onSet({ source: picked })}
      />
      <Select
        label={said.status}
        value={wanted.status}
        options={[
          ['', said.allStatuses],
          ['live', said.live],
          ['paused', said.paused],
        ]}
        onValue={(status) => onSet({ status })}
      />
    </search>
  )
}

const NO_VALUES: number[] = []

function List(props: { trackers: Tracker[] }) {
  const { trackers } = props
  const { unfinished } = useChartWindow()
  const [, go] = useLocation()
  const counts = useCounts(trackers.map((one) => one.id))
  return (
    <Table
      name={said.title}
      rows={trackers}
      rowKey={(one) => one.id}
      onOpen={(one) => go(`/trackers/${one.id}`)}
      columns={[
        {
          title: said.name,
          cell: (one) => (
            <div class="code-named">
              <Link href={`/trackers/${one.id}`}>{nameOf(one)}</Link>
              <span class="under">
                {one.paused && <span class="badge warn">{said.paused}</span>}
                {one.source !== OWN && (
                  <span class="note">{strings.overview.sourceNames[one.source] ?? one.source}</span>
                )}
              </span>
            </div>
          ),
        },
        {
          title: said.kind,
          wideOnly: true,
          cell: (one) => said.kinds[one.kind] ?? strings.overview.kinds[one.kind] ?? one.kind,
        },
        {
          title: said.trend,
          wideOnly: true,
          cell: (one) => (
            <Sparkline
              name={said.trendOf(nameOf(one))}
              values={counts?.get(one.id)?.values ?? NO_VALUES}
              unfinished={unfinished}
            />
          ),
        },
        {
          title: said.counted,
          number: true,
          cell: (one) =>
            counts === undefined ? (
              '…'
            ) : (
              <Count
                value={counts.get(one.id)?.total ?? 0}
                filters={{ tracker: one.id }}
                of={said.eventsOf(nameOf(one))}
              />
            ),
        },
      ]}
    />
  )
}

function Nothing(props: { onMake: () => void }) {
  const { mayWrite } = useSigned()
  const call: Call = {
    path: '/trackers',
    body: { kind: 'impression', name: 'Front page' },
  }
  return (
    <Empty title={said.emptyTitle}>
      <p>{said.emptyLead}</p>
      {mayWrite && (
        <p>
          <button type="button" class="primary" onClick={props.onMake}>
            {said.make}
          </button>
        </p>
      )}
      <p>{said.emptyCurl}</p>
      <Command call={call} />
    </Empty>
  )
}
