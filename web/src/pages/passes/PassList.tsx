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
import { type Pass, patient, useTemplates } from './resources'
import { PassForm } from './PassForm'
import { PassStatus } from './PassStatus'
import { PassTabs } from './PassTabs'

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
  const [asked, set] = useAsked()
  const [, go] = useLocation()
  const passes = usePasses(asked)
  const narrowed = Boolean(asked.search || asked.status || asked.template || asked.group)
  const page = passes.data
  const none = page?.rows.length === 0 && !narrowed && asked.page === 1
  return (
    <ResourcePage
      title={words.title}
      lead={words.listLead}
      tabs={<PassTabs />}
      query={{ ...passes, data: page?.rows }}
      lines={10}
      rowKey={(pass) => pass.id}
      href={(pass) => `/passes/${pass.id}`}
      useColumns={useColumns}
      form={{
        label: words.make,
        render: (_, close) => (
          <PassForm onClose={close} onMade={(pass) => go(`/passes/${pass.id}`)} />
        ),
      }}
      empty={{
        title: words.emptyTitle,
        text: words.emptyText,
        create: words.makeFirst,
        curlLead: words.emptyCurl,
        curl: {
          path: '/api/v1/passes?extId=MEMBER-42',
          body: { pass: { fullName: 'A. Person' } },
        },
      }}
      filters={
        page && !none && <Narrow key={asked.search + asked.group} asked={asked} onSet={set} />
      }
      unmatched={
        none
          ? undefined
          : {
              title: words.nothingFound,
              showAll: {
                label: words.showAll,
                onClick: () => set({ q: '', status: '', kind: '', group: '' }),
              },
            }
      }
      foot={
        page && (
          <Pages
            page={asked.page}
            pages={page.pages}
            total={page.total}
            onPage={(number) => set({ page: String(number) })}
          />
        )
      }
    />
  )
}

function useAsked(): [Asked, (changed: Record<string, string>) => void] {
  const [search, setSearch] = useSearchParams()
  const asked = {
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
  return [asked, set]
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

function useColumns(): Column<Pass>[] {
  const [range] = useRange()
  return [
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
