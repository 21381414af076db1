import { Link, useSearchParams } from 'wouter-preact'
import { Select } from '../../parts/Field'
import { RangePicker } from '../../parts/RangePicker'
import { ResourcePage } from '../../parts/Resource'
import { SearchField } from '../../parts/SearchField'
import type { Column } from '../../parts/Table'
import { Sparkline } from '../../parts/TimeChart'
import { Count } from '../../parts/Waterfall'
import { useChartWindow } from '../../state/elapsed'
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
  const [wanted, source, set] = useWanted()
  const trackers = useTrackers(wanted)
  const narrowed = Boolean(wanted.search || wanted.status || source !== OWN)
  return (
    <ResourcePage
      title={said.title}
      lead={said.lead}
      query={trackers}
      lines={10}
      rowKey={(one) => one.id}
      href={(one) => `/trackers/${one.id}`}
      useColumns={useColumns}
      form={{ label: said.make, render: (_, close) => <NewTracker onClose={close} /> }}
      empty={{
        title: said.emptyTitle,
        text: said.emptyLead,
        create: said.make,
        curlLead: said.emptyCurl,
        curl: { path: '/trackers', body: { kind: 'impression', name: 'Front page' } },
      }}
      filters={<Filters wanted={wanted} source={source} onSet={set} />}
      unmatched={
        narrowed
          ? {
              title: said.nothingTitle,
              showAll: {
                label: said.showAll,
                onClick: () => set({ search: '', status: '', source: EVERYTHING }),
              },
            }
          : undefined
      }
      actions={<RangePicker />}
    />
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
    <search class="filters searching">
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

function useColumns(trackers: readonly Tracker[]): Column<Tracker>[] {
  const { unfinished } = useChartWindow()
  const counts = useCounts(trackers.map((one) => one.id))
  return [
    {
      title: said.name,
      cell: (one) => (
        <div class="named">
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
  ]
}
