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
import { nameOf, type Tracker, useCounts, useTrackers, type Wanted } from './queries'

const texts = strings.trackers
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
      title={texts.title}
      lead={texts.lead}
      query={trackers}
      lines={10}
      rowKey={(one) => one.id}
      href={(one) => `/trackers/${one.id}`}
      useColumns={useColumns}
      form={{ label: texts.make, render: (_, close) => <NewTracker onClose={close} /> }}
      empty={{
        title: texts.emptyTitle,
        text: texts.emptyLead,
        create: texts.make,
        curlLead: texts.emptyCurl,
        curl: { path: '/trackers', body: { kind: 'impression', name: 'Front page' } },
      }}
      filters={<Filters wanted={wanted} source={source} onSet={set} />}
      unmatched={
        narrowed
          ? {
              title: texts.nothingTitle,
              showAll: {
                label: texts.showAll,
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
        label={texts.search}
        hint={texts.searchHint}
        value={wanted.search}
        onSearch={(search) => onSet({ search })}
      />
      <Select
        label={texts.source}
        value={source}
        options={[...names, [EVERYTHING, texts.everything]]}
        onValue={(picked) => onSet({ source: picked })}
      />
      <Select
        label={texts.status}
        value={wanted.status}
        options={[
          ['', texts.allStatuses],
          ['live', texts.live],
          ['paused', texts.paused],
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
      title: texts.name,
      cell: (one) => (
        <div class="named">
          <Link href={`/trackers/${one.id}`}>{nameOf(one)}</Link>
          <span class="under">
            {one.paused && <span class="badge warn">{texts.paused}</span>}
            {one.source !== OWN && (
              <span class="note">{strings.overview.sourceNames[one.source] ?? one.source}</span>
            )}
          </span>
        </div>
      ),
    },
    {
      title: texts.kind,
      wideOnly: true,
      cell: (one) => texts.kinds[one.kind] ?? strings.overview.kinds[one.kind] ?? one.kind,
    },
    {
      title: texts.trend,
      wideOnly: true,
      cell: (one) => (
        <Sparkline
          name={texts.trendOf(nameOf(one))}
          values={counts?.get(one.id)?.values ?? NO_VALUES}
          unfinished={unfinished}
        />
      ),
    },
    {
      title: texts.counted,
      number: true,
      cell: (one) =>
        counts === undefined ? (
          '…'
        ) : (
          <Count
            value={counts.get(one.id)?.total ?? 0}
            filters={{ tracker: one.id }}
            of={texts.eventsOf(nameOf(one))}
          />
        ),
    },
  ]
}
