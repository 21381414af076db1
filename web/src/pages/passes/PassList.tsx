import { keepPreviousData, useQuery } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { Link, useLocation, useSearchParams } from 'wouter-preact'
import { answered, native, passentry } from '../../api/client'
import { formatCount, formatMoment } from '../../formats'
import { Command } from '../../parts/Copy'
import { Field, Select } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { Card, Page } from '../../parts/Page'
import { Places } from '../../parts/Places'
import { Answer, Empty } from '../../parts/States'
import { Table } from '../../parts/Table'
import type { Call } from '../../shell'
import { nothingToSave } from '../../state/edits'
import { useRange } from '../../state/range'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { PASS_PLACES } from './Doors'
import { type Pass, patient, useTemplates } from './resources'
import { PassForm } from './PassForm'
import { PassStatus } from './PassStatus'

const words = strings.passes
const PAGE = 25
/** As many as the server answers for in a second. */
const FOUND = 9

/** What the list is narrowed to; all of it is in the address. */
interface Asked {
  search: string
  status: string
  template: string
  group: string
  page: number
}

function usePasses(asked: Asked) {
  return useQuery({
    queryKey: ['passes', asked],
    placeholderData: keepPreviousData,
    queryFn: () => (asked.search ? found(asked.search) : listed(asked)),
  })
}

async function listed(asked: Asked) {
  const query = {
    perPage: PAGE,
    page: asked.page,
    ...(asked.status ? { status: asked.status } : {}),
    ...(asked.template ? { passTemplate: asked.template } : {}),
    ...(asked.group ? { groupTag: asked.group } : {}),
  }
  const told = await patient(() =>
    answered(passentry.GET('/api/v1/passes', { params: { query } })),
  )
  return { rows: told.data, total: told.meta.totalCount, pages: told.meta.totalPages }
}

/** The list of passes cannot be searched, that of trackers can: each pass is one. */
async function found(search: string) {
  const query = { search, source: 'passentry', limit: FOUND }
  const told = await answered(native.GET('/trackers', { params: { query } }))
  const rows = await Promise.all(
    told.trackers.map(async (tracker) => {
      const path = { pass_id: tracker.resource_id ?? '' }
      return (
        await patient(() =>
          answered(passentry.GET('/api/v1/passes/{pass_id}', { params: { path } })),
        )
      ).data
    }),
  )
  return { rows, total: rows.length, pages: 1 }
}

export default function PassList() {
  const [search, setSearch] = useSearchParams()
  const [making, setMaking] = useState(false)
  const [, go] = useLocation()
  const { mayWrite } = useSigned()
  const asked: Asked = {
    search: search.get('q') ?? '',
    status: search.get('status') ?? '',
    template: search.get('kind') ?? '',
    group: search.get('group') ?? '',
    page: Math.max(1, Number(search.get('page')) || 1),
  }
  const passes = usePasses(asked)
  const narrowed = Boolean(asked.search || asked.status || asked.template || asked.group)
  const set = (changed: Record<string, string>) =>
    setSearch((before) => {
      const next = new URLSearchParams(before)
      next.delete('page')
      for (const [name, value] of Object.entries(changed))
        if (value) next.set(name, value)
        else next.delete(name)
      return next
    })
  const make = (text: string) => (
    <button type="button" class="primary" onClick={() => setMaking(true)}>
      {text}
    </button>
  )
  return (
    <Page title={words.title} lead={words.listLead} actions={mayWrite && make(words.make)}>
      <Places name={words.title} places={PASS_PLACES} />
      <Card>
        <Answer of={passes} lines={10}>
          {(told) =>
            told.rows.length === 0 && !narrowed && asked.page === 1 ? (
              <Nothing make={mayWrite && make(words.makeFirst)} />
            ) : (
              <>
                <Narrow key={asked.search + asked.group} asked={asked} onSet={set} />
                {told.rows.length === 0 ? (
                  <p class="row">
                    {words.nothingFound}
                    <button
                      type="button"
                      class="small"
                      onClick={() => set({ q: '', status: '', kind: '', group: '' })}
                    >
                      {words.showAll}
                    </button>
                  </p>
                ) : (
                  <Rows rows={told.rows} />
                )}
                <Pages
                  page={asked.page}
                  pages={told.pages}
                  total={told.total}
                  onPage={(page) => set({ page: String(page) })}
                />
              </>
            )
          }
        </Answer>
      </Card>
      {making && (
        <PassForm onClose={() => setMaking(false)} onMade={(pass) => go(`/passes/${pass.id}`)} />
      )}
    </Page>
  )
}

function Narrow(props: { asked: Asked; onSet: (changed: Record<string, string>) => void }) {
  const { asked, onSet } = props
  const [search, setSearch] = useState(asked.search)
  const [group, setGroup] = useState(asked.group)
  const templates = useTemplates().data ?? []
  return (
    <Form
      class="filters"
      role="search"
      unsaved={nothingToSave}
      onSubmit={() => {
        onSet({ q: search.trim(), group: group.trim() })
      }}
    >
      <Field label={words.number} type="search" value={search} onValue={setSearch} />
      <Field label={words.group} value={group} onValue={setGroup} />
      <Select
        label={words.template}
        value={asked.template}
        options={[
          ['', words.anyTemplate],
          ...templates.map((one) => [one.id, one.name] as const),
        ]}
        onValue={(kind) => onSet({ kind, q: '' })}
      />
      <Select
        label={words.status}
        value={asked.status}
        options={[
          ['', words.anyStatus],
          ...['issued', 'active', 'deactivated', 'removed'].map(
            (one) => [one, words.statuses[one] ?? one] as const,
          ),
        ]}
        onValue={(status) => onSet({ status, q: '' })}
      />
      <button type="submit">{words.find}</button>
    </Form>
  )
}

function Rows(props: { rows: Pass[] }) {
  const [range] = useRange()
  const [, go] = useLocation()
  return (
    <Table
      name={words.title}
      rows={props.rows}
      rowKey={(pass) => pass.id}
      onOpen={(pass) => go(`/passes/${pass.id}`)}
      columns={[
        {
          title: words.pass,
          cell: (pass) => <Link href={`/passes/${pass.id}`}>{pass.attributes.extId}</Link>,
        },
        { title: words.template, cell: (pass) => pass.attributes.passTemplateName },
        { title: words.group, wideOnly: true, cell: (pass) => pass.attributes.groupTag ?? '' },
        { title: words.status, cell: (pass) => <PassStatus of={pass.attributes.status} /> },
        {
          title: words.made,
          wideOnly: true,
          cell: (pass) => formatMoment(pass.attributes.createdAt, range.zone),
        },
      ]}
    />
  )
}

function Pages(props: {
  page: number
  pages: number
  total: number
  onPage: (page: number) => void
}) {
  const { page, pages, total, onPage } = props
  return (
    <p class="row pass-pages">
      <span class="note">{words.total(formatCount(total))}</span>
      {pages > 1 && (
        <>
          <button type="button" class="small" disabled={page <= 1} onClick={() => onPage(page - 1)}>
            {words.before}
          </button>
          <span class="note">{words.page(page, pages)}</span>
          <button
            type="button"
            class="small"
            disabled={page >= pages}
            onClick={() => onPage(page + 1)}
          >
            {words.after}
          </button>
        </>
      )}
    </p>
  )
}

function Nothing(props: { make: preact.ComponentChildren }) {
  const call: Call = {
    path: '/api/v1/passes?extId=MEMBER-42',
    body: { pass: { fullName: 'A. Person' } },
  }
  return (
    <Empty title={words.emptyTitle}>
      <p>{words.emptyText}</p>
      {props.make && <p>{props.make}</p>}
      <p>{words.emptyCurl}</p>
      <Command call={call} />
    </Empty>
  )
}
