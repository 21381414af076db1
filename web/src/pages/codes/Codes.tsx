import { FolderOpen, Plus, Printer } from 'lucide-preact'
import { useMemo, useState } from 'preact/hooks'
import { Link, useLocation, useSearchParams } from 'wouter-preact'
import { Command } from '../../parts/Copy'
import { Checkbox, Select } from '../../parts/Field'
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
import { Folders } from './Folders'
import {
  type Code,
  type Counted,
  nameOf,
  useCodes,
  useCounts,
  useFolders,
  useTags,
  type Wanted,
  withoutScheme,
} from './questions'
import { Status } from './Status'

const said = strings.codes.list

/** What the list is narrowed to: in the address, so that a link shows the same. */
function useWanted(): [Wanted, (changed: Partial<Wanted>) => void] {
  const [search, setSearch] = useSearchParams()
  const wanted = {
    search: search.get('search') ?? '',
    folder: search.get('folder') ?? '',
    tag: search.get('tag') ?? '',
    status: search.get('status') ?? '',
  }
  const set = (changed: Partial<Wanted>) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before)
        for (const [name, value] of Object.entries(changed))
          if (value) next.set(name, value)
          else next.delete(name)
        return next
      },
      { replace: true },
    )
  return [wanted, set]
}

export default function Codes() {
  const { mayWrite } = useSigned()
  const [wanted, setWanted] = useWanted()
  const [folders, setFolders] = useState(false)
  const codes = useCodes(wanted)
  const shown = useMemo(() => codes.data?.pages.flatMap((page) => page.codes) ?? [], [codes.data])
  const narrowed = Object.values(wanted).some(Boolean)
  return (
    <Page
      title={said.title}
      actions={
        <>
          <RangePicker />
          {mayWrite && (
            <>
              <button type="button" onClick={() => setFolders(true)}>
                <FolderOpen size={16} aria-hidden="true" /> {said.folders}
              </button>
              <Link href="/codes/new" class="button primary">
                <Plus size={16} aria-hidden="true" /> {said.make}
              </Link>
            </>
          )}
        </>
      }
    >
      <Card>
        <Filters wanted={wanted} onWanted={setWanted} />
        <Answer of={codes} lines={12}>
          {() =>
            shown.length > 0 ? (
              <List codes={shown} />
            ) : narrowed ? (
              <Empty title={said.nothingTitle}>
                <p>
                  <button
                    type="button"
                    onClick={() => setWanted({ search: '', folder: '', tag: '', status: '' })}
                  >
                    {said.showAll}
                  </button>
                </p>
              </Empty>
            ) : (
              <Nothing />
            )
          }
        </Answer>
        {codes.hasNextPage && (
          <button
            type="button"
            disabled={codes.isFetchingNextPage}
            onClick={() => void codes.fetchNextPage()}
          >
            {strings.common.more}
          </button>
        )}
      </Card>
      {folders && <Folders onClose={() => setFolders(false)} />}
    </Page>
  )
}

function Filters(props: { wanted: Wanted; onWanted: (changed: Partial<Wanted>) => void }) {
  const { wanted, onWanted } = props
  const folders = useFolders()
  const tags = useTags()
  return (
    <search class="code-filters">
      <SearchField
        label={said.search}
        hint={said.searchHint}
        value={wanted.search}
        onSearch={(search) => onWanted({ search })}
      />
      <Select
        label={said.folder}
        value={wanted.folder}
        options={[
          ['', said.allFolders],
          ['none', said.noFolder],
          ...(folders.data?.folders ?? []).map((one) => [one.id, one.name] as const),
        ]}
        onValue={(folder) => onWanted({ folder })}
      />
      <Select
        label={said.tag}
        value={wanted.tag}
        options={[
          ['', said.allTags],
          ...(tags.data?.tags ?? []).map((one) => [one.tag, `${one.tag} (${one.codes})`] as const),
        ]}
        onValue={(tag) => onWanted({ tag })}
      />
      <Select
        label={said.status}
        value={wanted.status}
        options={[
          ['', said.allStatuses],
          ['active', said.active],
          ['paused', said.paused],
        ]}
        onValue={(status) => onWanted({ status })}
      />
    </search>
  )
}

function List(props: { codes: Code[] }) {
  const { codes } = props
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set())
  const [, go] = useLocation()
  const counts = useCounts(codes.map((code) => code.id))
  const chosen = codes.filter((code) => picked.has(code.id)).map((code) => code.id)
  const pick = (id: string, on: boolean) => {
    const next = new Set(picked)
    if (on) next.add(id)
    else next.delete(id)
    setPicked(next)
  }
  return (
    <>
      <div class="row code-selection">
        <Checkbox
          label={chosen.length > 0 ? said.selected(chosen.length) : said.selectAll(codes.length)}
          checked={chosen.length === codes.length}
          onChecked={(on) => setPicked(new Set(on ? codes.map((code) => code.id) : []))}
        />
        {chosen.length > 0 && (
          <>
            <Link href={`/codes/sheet?ids=${chosen.join(',')}`} class="button small">
              <Printer size={14} aria-hidden="true" /> {said.sheet}
            </Link>
            <button type="button" class="quiet small" onClick={() => setPicked(new Set())}>
              {said.clear}
            </button>
          </>
        )}
      </div>
      <CodeTable
        codes={codes}
        counts={counts}
        picked={picked}
        onPick={pick}
        onOpen={(code) => go(`/codes/${code.id}`)}
      />
    </>
  )
}

function CodeTable(props: {
  codes: Code[]
  counts: Map<string, Counted> | undefined
  picked: ReadonlySet<string>
  onPick: (id: string, on: boolean) => void
  onOpen: (code: Code) => void
}) {
  const { unfinished } = useChartWindow()
  const { counts } = props
  return (
    <Table
      name={said.title}
      rows={props.codes}
      rowKey={(code) => code.id}
      onOpen={props.onOpen}
      columns={[
        {
          title: '',
          cell: (code) => (
            <Checkbox
              label={<span class="unseen">{said.select(nameOf(code))}</span>}
              checked={props.picked.has(code.id)}
              onChecked={(on) => props.onPick(code.id, on)}
            />
          ),
        },
        { title: said.code, cell: (code) => <Named code={code} /> },
        {
          title: said.destination,
          wideOnly: true,
          cell: (code) => <span class="code-cut">{withoutScheme(code.destination)}</span>,
        },
        {
          title: said.trend,
          wideOnly: true,
          cell: (code) => (
            <Sparkline
              name={said.trendOf(nameOf(code))}
              values={counts?.get(code.id)?.values ?? NO_VALUES}
              unfinished={unfinished}
            />
          ),
        },
        {
          title: said.scans,
          number: true,
          cell: (code) =>
            counts === undefined ? (
              '…'
            ) : (
              <Count
                value={counts.get(code.id)?.total ?? 0}
                filters={{ code: code.id }}
                of={said.scansOf(nameOf(code))}
              />
            ),
        },
      ]}
    />
  )
}

const NO_VALUES: number[] = []

function Named(props: { code: Code }) {
  const { code } = props
  return (
    <div class="code-named">
      <Link href={`/codes/${code.id}`}>{nameOf(code)}</Link>
      <span class="under">
        <Status code={code} />
        {code.label && <span class="note">{withoutScheme(code.short_url)}</span>}
        {code.folder && (
          <span class="note">
            <FolderOpen size={12} aria-hidden="true" /> {code.folder}
          </span>
        )}
        {code.tags.map((tag) => (
          <span key={tag} class="badge">
            {tag}
          </span>
        ))}
      </span>
    </div>
  )
}

function Nothing() {
  const { mayWrite } = useSigned()
  const call: Call = {
    path: '/v1/dynamic',
    body: { destination: 'https://example.org/menu', label: 'Menu' },
  }
  return (
    <Empty title={said.emptyTitle}>
      <p>{said.emptyLead}</p>
      {mayWrite && (
        <p>
          <Link href="/codes/new" class="button primary">
            {said.make}
          </Link>
        </p>
      )}
      <p>{said.emptyCurl}</p>
      <Command call={call} />
    </Empty>
  )
}
