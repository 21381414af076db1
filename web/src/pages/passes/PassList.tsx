import { keepPreviousData, useQuery } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { Link, useLocation, useSearchParams } from 'wouter-preact'
import { answered, native, passentry } from '../../api/client'
import { formatCount, formatMoment } from '../../formats'
import { Field, Select } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { ResourcePage } from '../../parts/Resource'
import type { Column } from '../../parts/Table'
import { nothingToSave } from '../../state/edits'
import { useRange } from '../../state/range'
import { strings } from '../../strings'
import { type Pass, patient, useTemplates } from './queries'
import { PassForm } from './PassForm'
import { PassStatus } from './PassStatus'
import { PassTabs } from './PassTabs'

const texts = strings.passes
const PAGE = 25
/** As many as the server answers for in a second. */
const FOUND = 9

/** What the list is narrowed to; all of it is in the address. */
interface Filters {
  search: string
  status: string
  template: string
  group: string
  page: number
}

function usePasses(filters: Filters) {
  return useQuery({
    queryKey: ['passes', filters],
    placeholderData: keepPreviousData,
    queryFn: () => (filters.search ? found(filters.search) : listed(filters)),
  })
}

async function listed(filters: Filters) {
  const query = {
    perPage: PAGE,
    page: filters.page,
    ...(filters.status ? { status: filters.status } : {}),
    ...(filters.template ? { passTemplate: filters.template } : {}),
    ...(filters.group ? { groupTag: filters.group } : {}),
  }
  const answer = await patient(() =>
    answered(passentry.GET('/api/v1/passes', { params: { query } })),
  )
  return { rows: answer.data, total: answer.meta.totalCount, pages: answer.meta.totalPages }
}

/** The list of passes cannot be searched, that of trackers can: each pass is one. */
async function found(search: string) {
  const query = { search, source: 'passentry', limit: FOUND }
  const answer = await answered(native.GET('/trackers', { params: { query } }))
  const rows = await Promise.all(
    answer.trackers.map(async (tracker) => {
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
  const [filters, set] = useFilters()
  const [, go] = useLocation()
  const passes = usePasses(filters)
  const narrowed = Boolean(filters.search || filters.status || filters.template || filters.group)
  const page = passes.data
  const none = page?.rows.length === 0 && !narrowed && filters.page === 1
  return (
    <ResourcePage
      title={texts.title}
      lead={texts.listLead}
      tabs={<PassTabs />}
      query={{ ...passes, data: page?.rows }}
      lines={10}
      rowKey={(pass) => pass.id}
      href={(pass) => `/passes/${pass.id}`}
      useColumns={useColumns}
      form={{
        label: texts.make,
        render: (_, close) => (
          <PassForm onClose={close} onCreated={(pass) => go(`/passes/${pass.id}`)} />
        ),
      }}
      empty={{
        title: texts.emptyTitle,
        text: texts.emptyText,
        create: texts.makeFirst,
        curlLead: texts.emptyCurl,
        curl: {
          path: '/api/v1/passes?extId=MEMBER-42',
          body: { pass: { fullName: 'A. Person' } },
        },
      }}
      filters={
        page && !none && <Narrow key={filters.search + filters.group} filters={filters} onSet={set} />
      }
      unmatched={
        none
          ? undefined
          : {
              title: texts.nothingFound,
              showAll: {
                label: texts.showAll,
                onClick: () => set({ q: '', status: '', kind: '', group: '' }),
              },
            }
      }
      foot={
        page && (
          <Pages
            page={filters.page}
            pages={page.pages}
            total={page.total}
            onPage={(number) => set({ page: String(number) })}
          />
        )
      }
    />
  )
}

function useFilters(): [Filters, (changed: Record<string, string>) => void] {
  const [search, setSearch] = useSearchParams()
  const filters = {
    search: search.get('q') ?? '',
    status: search.get('status') ?? '',
    template: search.get('kind') ?? '',
    group: search.get('group') ?? '',
    page: Math.max(1, Number(search.get('page')) || 1),
  }
  const set = (changed: Record<string, string>) =>
    setSearch((before) => {
      const next = new URLSearchParams(before)
      next.delete('page')
      for (const [name, value] of Object.entries(changed))
        if (value) next.set(name, value)
        else next.delete(name)
      return next
    })
  return [filters, set]
}

function Narrow(props: { filters: Filters; onSet: (changed: Record<string, string>) => void }) {
  const { filters, onSet } = props
  const [search, setSearch] = useState(filters.search)
  const [group, setGroup] = useState(filters.group)
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
      <Field label={texts.number} type="search" value={search} onValue={setSearch} />
      <Field label={texts.group} value={group} onValue={setGroup} />
      <Select
        label={texts.template}
        value={filters.template}
        options={[
          ['', texts.anyTemplate],
          ...templates.map((one) => [one.id, one.name] as const),
        ]}
        onValue={(kind) => onSet({ kind, q: '' })}
      />
      <Select
        label={texts.status}
        value={filters.status}
        options={[
          ['', texts.anyStatus],
          ...['issued', 'active', 'deactivated', 'removed'].map(
            (one) => [one, texts.statuses[one] ?? one] as const,
          ),
        ]}
        onValue={(status) => onSet({ status, q: '' })}
      />
      <button type="submit">{texts.find}</button>
    </Form>
  )
}

function useColumns(): Column<Pass>[] {
  const [range] = useRange()
  return [
    {
      title: texts.pass,
      cell: (pass) => <Link href={`/passes/${pass.id}`}>{pass.attributes.extId}</Link>,
    },
    { title: texts.template, cell: (pass) => pass.attributes.passTemplateName },
    { title: texts.group, wideOnly: true, cell: (pass) => pass.attributes.groupTag ?? '' },
    { title: texts.status, cell: (pass) => <PassStatus of={pass.attributes.status} /> },
    {
      title: texts.made,
      wideOnly: true,
      cell: (pass) => formatMoment(pass.attributes.createdAt, range.zone),
    },
  ]
}

function Pages(props: {
  page: number
  pages: number
  total: number
  onPage: (page: number) => void
}) {
  const { page, pages, total, onPage } = props
  return (
    <p class="row below">
      <span class="note">{texts.total(formatCount(total))}</span>
      {pages > 1 && (
        <>
          <button type="button" class="small" disabled={page <= 1} onClick={() => onPage(page - 1)}>
            {texts.before}
          </button>
          <span class="note">{texts.page(page, pages)}</span>
          <button
            type="button"
            class="small"
            disabled={page >= pages}
            onClick={() => onPage(page + 1)}
          >
            {texts.after}
          </button>
        </>
      )}
    </p>
  )
}
