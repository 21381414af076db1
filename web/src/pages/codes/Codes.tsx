import { FolderOpen, Printer } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { Link, useSearchParams } from 'wouter-preact'
import { Checkbox, Select } from '../../parts/Field'
import { RangePicker } from '../../parts/RangePicker'
import { ResourcePage } from '../../parts/Resource'
import { SearchField } from '../../parts/SearchField'
import type { Column } from '../../parts/Table'
import { Sparkline } from '../../parts/TimeChart'
import { Count } from '../../parts/Waterfall'
import { useChartWindow } from '../../state/elapsed'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { Folders } from './Folders'
import {
  type Code,
  nameOf,
  useCodes,
  useCounts,
  useFolders,
  useTags,
  type Wanted,
  withoutScheme,
} from './queries'
import { Status } from './Status'

const texts = strings.codes.list

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
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set())
  const codes = useCodes(wanted)
  const narrowed = Object.values(wanted).some(Boolean)
  return (
    <ResourcePage
      title={texts.title}
      query={codes}
      lines={12}
      rowKey={(code) => code.id}
      href={(code) => `/codes/${code.id}`}
      useColumns={(rows) => useColumns(rows, picked, setPicked)}
      form={{ label: texts.make, href: '/codes/new' }}
      empty={{
        title: texts.emptyTitle,
        text: texts.emptyLead,
        create: texts.make,
        curlLead: texts.emptyCurl,
        curl: { path: '/v1/dynamic', body: { destination: 'https://example.org/menu', label: 'Menu' } },
      }}
      filters={<Filters wanted={wanted} onWanted={setWanted} />}
      unmatched={
        narrowed
          ? {
              title: texts.nothingTitle,
              showAll: {
                label: texts.showAll,
                onClick: () => setWanted({ search: '', folder: '', tag: '', status: '' }),
              },
            }
          : undefined
      }
      above={(rows) => <Selection codes={rows} picked={picked} onPicked={setPicked} />}
      actions={
        <>
          <RangePicker />
          {mayWrite && (
            <button type="button" onClick={() => setFolders(true)}>
              <FolderOpen size={16} aria-hidden="true" /> {texts.folders}
            </button>
          )}
        </>
      }
    >
      {folders && <Folders onClose={() => setFolders(false)} />}
    </ResourcePage>
  )
}

function Filters(props: { wanted: Wanted; onWanted: (changed: Partial<Wanted>) => void }) {
  const { wanted, onWanted } = props
  const folders = useFolders()
  const tags = useTags()
  return (
    <search class="filters searching">
      <SearchField
        label={texts.search}
        hint={texts.searchHint}
        value={wanted.search}
        onSearch={(search) => onWanted({ search })}
      />
      <Select
        label={texts.folder}
        value={wanted.folder}
        options={[
          ['', texts.allFolders],
          ['none', texts.noFolder],
          ...(folders.data?.folders ?? []).map((one) => [one.id, one.name] as const),
        ]}
        onValue={(folder) => onWanted({ folder })}
      />
      <Select
        label={texts.tag}
        value={wanted.tag}
        options={[
          ['', texts.allTags],
          ...(tags.data?.tags ?? []).map((one) => [one.tag, `${one.tag} (${one.codes})`] as const),
        ]}
        onValue={(tag) => onWanted({ tag })}
      />
      <Select
        label={texts.status}
        value={wanted.status}
        options={[
          ['', texts.allStatuses],
          ['active', texts.active],
          ['paused', texts.paused],
        ]}
        onValue={(status) => onWanted({ status })}
      />
    </search>
  )
}

type Picked = ReadonlySet<string>

function Selection(props: {
  codes: readonly Code[]
  picked: Picked
  onPicked: (picked: Picked) => void
}) {
  const { codes, picked, onPicked } = props
  const chosen = codes.filter((code) => picked.has(code.id)).map((code) => code.id)
  return (
    <div class="row selection">
      <Checkbox
        label={chosen.length > 0 ? texts.selected(chosen.length) : texts.selectAll(codes.length)}
        checked={chosen.length === codes.length}
        onChecked={(on) => onPicked(new Set(on ? codes.map((code) => code.id) : []))}
      />
      {chosen.length > 0 && (
        <>
          <Link href={`/codes/sheet?ids=${chosen.join(',')}`} class="button small">
            <Printer size={14} aria-hidden="true" /> {texts.sheet}
          </Link>
          <button type="button" class="quiet small" onClick={() => onPicked(new Set())}>
            {texts.clear}
          </button>
        </>
      )}
    </div>
  )
}

function useColumns(
  codes: readonly Code[],
  picked: Picked,
  onPicked: (picked: Picked) => void,
): Column<Code>[] {
  const { unfinished } = useChartWindow()
  const counts = useCounts(codes.map((code) => code.id))
  const pick = (id: string, on: boolean) => {
    const next = new Set(picked)
    if (on) next.add(id)
    else next.delete(id)
    onPicked(next)
  }
  return [
    {
      title: '',
      cell: (code) => (
        <Checkbox
          label={<span class="unseen">{texts.select(nameOf(code))}</span>}
          checked={picked.has(code.id)}
          onChecked={(on) => pick(code.id, on)}
        />
      ),
    },
    { title: texts.code, cell: (code) => <Named code={code} /> },
    {
      title: texts.destination,
      wideOnly: true,
      cell: (code) => <span class="cut">{withoutScheme(code.destination)}</span>,
    },
    {
      title: texts.trend,
      wideOnly: true,
      cell: (code) => (
        <Sparkline
          name={texts.trendOf(nameOf(code))}
          values={counts?.get(code.id)?.values ?? NO_VALUES}
          unfinished={unfinished}
        />
      ),
    },
    {
      title: texts.scans,
      number: true,
      cell: (code) =>
        counts === undefined ? (
          '…'
        ) : (
          <Count
            value={counts.get(code.id)?.total ?? 0}
            filters={{ code: code.id }}
            of={texts.scansOf(nameOf(code))}
          />
        ),
    },
  ]
}

const NO_VALUES: number[] = []

function Named(props: { code: Code }) {
  const { code } = props
  return (
    <div class="named">
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
