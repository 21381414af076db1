import { useQueryClient } from '@tanstack/preact-query'
import { Columns3, Download } from 'lucide-preact'
import { useMemo, useState } from 'preact/hooks'
import { useLocation, useSearchParams } from 'wouter-preact'
import { formatCount, formatMoment } from '../../formats'
import { CopyCurl } from '../../parts/Copy'
import { Checkbox, Select } from '../../parts/Field'
import { Live } from '../../parts/Live'
import { Card, Page } from '../../parts/Page'
import { RangePicker } from '../../parts/RangePicker'
import { Answer } from '../../parts/States'
import { Count } from '../../parts/Waterfall'
import { useRange } from '../../state/range'
import { strings } from '../../strings'
import { useTrackerNames } from '../overview/names'
import { useColumns } from './columns'
import { ColumnsDialog } from './ColumnsDialog'
import { EventTable } from './EventTable'
import { ExportDialog } from './ExportDialog'
import { FilterBar } from './FilterBar'
import { type Filter, jsonOf, readFilters, TIMES, writeFilters } from './filters'
import { useLive } from './live'
import { Nothing } from './Nothing'
import {
  type EventPage,
  fieldsFor,
  type Order,
  parametersFor,
  type Question,
  receivedAt,
  since,
  useEventPage,
  useEventTotal,
  usePlace,
} from './queries'

const SIZES = [50, 200] as const

/** The question that the address asks, and how to ask another. */
function useQuestion() {
  const [range] = useRange()
  const [search, setSearch] = useSearchParams()
  const text = search.toString()
  const question = useMemo<Question>(() => {
    const given = new URLSearchParams(text)
    const order: Order = given.get('order') === 'oldest' ? 'oldest' : 'newest'
    return { range, filters: readFilters(given), order }
  }, [text, range])
  const size = search.get('rows') === '200' ? 200 : 50
  return {
    question,
    size,
    setFilters: (filters: Filter[]) => setSearch((before) => writeFilters(before, filters)),
    setOrder: (order: string) => setSearch((before) => changed(before, 'order', order)),
    setSize: (rows: string) => setSearch((before) => changed(before, 'rows', rows)),
  }
}

function changed(before: URLSearchParams, name: string, value: string): URLSearchParams {
  const next = new URLSearchParams(before)
  next.set(name, value)
  return next
}

/** A page of the list: the first stays loaded, for the as-of of the whole list. */
function useList(question: Question, fields: string, size: number) {
  const base = parametersFor(question, { fields })
  const place = usePlace(`${base}&${size}`)
  const first = useEventPage(`${base}&limit=${size}`)
  const cursor = place.cursor && { cursor: place.cursor, total: 'none' }
  const later = useEventPage(
    `${parametersFor(question, { fields, ...(cursor || {}) })}&limit=${size}`,
    place.cursor !== '',
  )
  return { place, first, visible: place.cursor ? later : first }
}

export default function Events() {
  const { question, size, setFilters, setOrder, setSize } = useQuestion()
  const { range, filters } = question
  const [columns, setColumns] = useColumns()
  const [live, setLive] = useState(false)
  const [choosing, setChoosing] = useState(false)
  const [exporting, setExporting] = useState(false)
  const queries = useQueryClient()
  const fields = fieldsFor(columns)
  const { place, first, visible } = useList(question, fields, size)
  const mayLive = range.days !== null && question.order === 'newest' && place.page === 1
  const asOf = first.isPlaceholderData ? undefined : first.data?.as_of
  const news = useLive(live && mayLive, filters, fields, asOf)
  const trackers = useTrackerNames(filters.flatMap((one) => (one.column === 'tracker' ? one.values : [])))
  const total = first.data?.total ?? null
  const path = `/events?${parametersFor(question, {
    fields,
    ...(place.cursor ? { cursor: place.cursor } : { as_of: asOf ?? '' }),
  })}&limit=${size}`
  function refresh() {
    place.first()
    void queries.invalidateQueries({ queryKey: ['events'] })
    void queries.invalidateQueries({ queryKey: ['events-total'] })
  }
  return (
    <Page title={strings.events.title} lead={strings.events.lead} actions={<RangePicker />}>
      <FilterBar filters={filters} onFilters={setFilters} trackers={trackers} range={range} />
      <Card>
        <header class="row list-head">
          <Matching total={total} more={news.count} filters={filters} of={path} />
          {live && mayLive ? (
            <Live of={news.connection} />
          ) : (
            <AsOf asOf={asOf} question={question} onShow={refresh} />
          )}
          <div class="row tools">
            <Checkbox
              label={strings.events.live}
              checked={live && mayLive}
              disabled={range.days === null}
              onChecked={(on) => {
                setLive(on)
                if (on && question.order !== 'newest') setOrder('newest')
                refresh()
              }}
            />
            <Select
              label={strings.events.order}
              bare
              value={question.order}
              options={Object.entries(strings.events.orders)}
              onValue={setOrder}
            />
            <Select
              label={strings.events.pageSize}
              bare
              value={String(size)}
              options={SIZES.map((one) => [String(one), strings.events.rows(one)] as const)}
              onValue={setSize}
            />
            <button type="button" onClick={() => setChoosing(true)}>
              <Columns3 size={16} aria-hidden="true" /> {strings.events.columns}
            </button>
            <button type="button" onClick={() => setExporting(true)}>
              <Download size={16} aria-hidden="true" /> {strings.events.exportIt}
            </button>
          </div>
        </header>
        <Answer of={visible} lines={16}>
          {(page) => (
            <Rows
              page={page}
              news={news.events}
              columns={columns}
              question={question}
              stale={visible.isPlaceholderData}
              onFilters={setFilters}
              trackers={trackers}
            />
          )}
        </Answer>
        <footer class="between below">
          <CopyCurl call={{ path }} />
          <Pager place={place} next={visible.isPlaceholderData ? null : (visible.data?.next ?? null)} />
        </footer>
      </Card>
      {choosing && (
        <ColumnsDialog columns={columns} onColumns={setColumns} onClose={() => setChoosing(false)} />
      )}
      {exporting && (
        <ExportDialog
          question={question}
          columns={columns}
          trackers={trackers}
          onClose={() => setExporting(false)}
        />
      )}
    </Page>
  )
}

/** How many match, which opens to why. */
function Matching(props: {
  total: EventPage['total']
  more: number
  filters: Filter[]
  of: string
}) {
  const { total, filters } = props
  if (total === null) return <p class="total">…</p>
  const matching = total.events + props.more
  return (
    <p class="total" aria-live="polite">
      {!total.exact && `${strings.events.about} `}
      <b>
        {filters.some((one) => TIMES.includes(one.column)) ? (
          formatCount(matching)
        ) : (
          <Count
            key={props.of}
            value={matching}
            filters={jsonOf(filters)}
            of={strings.events.count}
          />
        )}
      </b>{' '}
      {strings.events.count}
    </p>
  )
}

function Pager(props: { place: ReturnType<typeof usePlace>; next: string | null }) {
  const { place, next } = props
  if (place.page === 1 && next === null) return null
  return (
    <nav aria-label={strings.events.pages} class="row">
      {place.page > 2 && (
        <button type="button" class="quiet" onClick={place.first}>
          {strings.events.first}
        </button>
      )}
      <button type="button" disabled={place.page === 1} onClick={place.back}>
        {strings.events.newer}
      </button>
      <span aria-live="polite">{strings.events.onPage(place.page)}</span>
      <button type="button" disabled={next === null} onClick={() => next && place.next(next)}>
        {strings.events.older}
      </button>
    </nav>
  )
}

function Rows(props: {
  page: EventPage
  news: EventPage['events']
  columns: string[]
  question: Question
  stale: boolean
  onFilters: (filters: Filter[]) => void
  trackers: Map<string, string>
}) {
  const { page, news, question } = props
  const [, go] = useLocation()
  const rows = [...news, ...page.events]
  if (rows.length === 0 && !props.stale)
    return (
      <Nothing question={question} onFilters={props.onFilters} trackers={props.trackers} />
    )
  return (
    <EventTable
      rows={rows}
      fresh={news.length}
      columns={props.columns}
      zone={question.range.zone}
      stale={props.stale}
      onOpen={(id) => go(`/events/${id}${location.search}`)}
    />
  )
}

/** The as-of of the list, and how many newer events there are. */
function AsOf(props: { asOf: string | undefined; question: Question; onShow: () => void }) {
  const { asOf, question } = props
  const wanted = asOf !== undefined && question.range.days !== null
  const newer = useEventTotal(wanted ? since(asOf, question) : '', { enabled: wanted, every: 5_000 })
  if (asOf === undefined) return <p class="note" />
  const count = wanted ? (newer.data?.events ?? 0) : 0
  const at = formatMoment(receivedAt(asOf), question.range.zone).split(', ').at(-1) ?? ''
  return (
    <p class="note as-of" aria-live="polite">
      {strings.events.asOf(at)}
      {count > 0 && (
        <>
          {': '}
          {strings.events.news(count)}{' '}
          <button type="button" class="small" onClick={props.onShow}>
            {strings.events.showNews}
          </button>
        </>
      )}
    </p>
  )
}
