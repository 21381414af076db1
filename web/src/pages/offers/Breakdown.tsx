import { keepPreviousData, useQuery } from '@tanstack/preact-query'
import { Download, X } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { useSearchParams } from 'wouter-preact'
import { answered, everflow, send } from '../../api/client'
import type { components } from '../../api/types/everflow'
import { compareTexts, formatCount, formatCountry } from '../../formats'
import { Select } from '../../parts/Field'
import { Card } from '../../parts/Page'
import { Answer, Loading, Problem } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { useRange } from '../../state/range'
import { strings } from '../../strings'
import { Filters, type Narrowed, NEVER, readFilters } from './Filters'
import { type Offer, useAffiliates } from './queries'
import { useSpan } from './zones'

const texts = strings.offers
type TableRow = components['schemas']['TableRow']

const METRICS = ['imp', 'unique_click', 'ctr', 'invalid_click'] as const
const TITLES = {
  imp: texts.impressions,
  unique_click: texts.clicks,
  ctr: texts.rate,
  invalid_click: texts.invalid,
}
/** The server takes ten; more than four are hard to read. */
const COLUMNS_MAX = 4

/** A table of an offer by whatever one picks, narrowed by filters. All of it is in the address. */
export function Breakdown(props: { offer: Offer }) {
  const [range] = useRange()
  const { columns, narrowed, pick, narrow } = usePicked()
  const span = useSpan(range)
  const names = useAffiliates().data
  const body = span && {
    from: span.from,
    to: span.to,
    timezone_id: span.timezone_id,
    currency_id: props.offer.currency_id,
    columns: columns.map((column) => ({ column })),
    query: queryOf(props.offer, narrowed),
  }
  const report = useQuery({
    queryKey: ['offer-table', body],
    enabled: body !== undefined,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      answered(
        everflow.POST('/v1/networks/reporting/entity/table', {
          body: body as components['schemas']['ReportRequest'],
          signal,
        }),
      ),
  })
  const labelOf = (column: string, value: string) =>
    column === 'affiliate'
      ? (names?.find((one) => String(one.network_affiliate_id) === value)?.name ?? value)
      : column === 'country'
        ? formatCountry(value)
        : value || texts.none
  return (
    <Card title={texts.breakdown} actions={body && <CsvButton body={body} />}>
      <Columns columns={columns} onPick={pick} />
      <Filters
        narrowed={narrowed}
        labelOf={labelOf}
        known={(column) => knownOf(report.data?.table ?? [], column)}
        onChange={narrow}
      />
      {span && !span.own && columns.some((one) => TIMES.has(one)) && (
        <p class="note">{texts.otherZone}</p>
      )}
      {body === undefined ? (
        <Loading lines={6} />
      ) : (
        <Answer of={report} lines={6}>
          {(answer) =>
            answer.table.length === 0 ? (
              <p>{narrowed.length > 0 ? texts.nothingHere : texts.nothingYet}</p>
            ) : (
              <Rows
                rows={answer.table}
                incomplete={answer.incomplete_results}
                onOnly={(column, value) => narrow(onlyOf(narrowed, column, value))}
              />
            )
          }
        </Answer>
      )}
    </Card>
  )
}

/** What the address says of columns and filters, and how to change it. */
function usePicked() {
  const [search, setSearch] = useSearchParams()
  const pick = (next: string[]) =>
    setSearch((before) => {
      const changed = new URLSearchParams(before)
      changed.set('by', next.join(','))
      return changed
    })
  const narrow = (next: Narrowed[]) =>
    setSearch((before) => {
      const changed = new URLSearchParams(before)
      changed.delete('only')
      changed.delete('without')
      for (const one of next) changed.append(one.kind, `${one.column}:${one.value}`)
      return changed
    })
  return { columns: readColumns(search), narrowed: readFilters(search), pick, narrow }
}

/** One column has one value: another takes its place. */
function onlyOf(narrowed: Narrowed[], column: string, value: string): Narrowed[] {
  return [
    ...narrowed.filter((one) => one.kind !== 'only' || one.column !== column),
    { kind: 'only', column, value },
  ]
}

const TIMES = new Set(['date', 'week', 'month'])

function readColumns(search: URLSearchParams): string[] {
  const named = (search.get('by') ?? '').split(',').filter((one) => one in texts.columns)
  return named.length > 0 ? [...new Set(named)].slice(0, COLUMNS_MAX) : ['affiliate', 'country']
}

function queryOf(offer: Offer, narrowed: Narrowed[]) {
  const of = (kind: string) =>
    narrowed
      .filter((one) => one.kind === kind)
      .map((one) => ({
        resource_type: one.column === 'platform' ? 'device_platform' : one.column,
        filter_id_value: one.value,
      }))
  const own = { resource_type: 'offer', filter_id_value: String(offer.network_offer_id) }
  return { filters: [own, ...of('only')], exclusions: of('without') }
}

/** What a cell shows: countries have the names that they have on every page. */
function shownIn(cell: TableRow['columns'][number] | undefined): string {
  return cell?.column_type === 'country' ? formatCountry(cell.id) : (cell?.label ?? '')
}

/** The values of a column that the table shows, to pick from, with their texts. */
function knownOf(rows: TableRow[], column: string): [string, string][] {
  const cells = rows.flatMap((row) => row.columns.filter((cell) => cell.column_type === column))
  const known = new Map(
    cells.map((cell) => [column === 'country' ? cell.id : cell.label, shownIn(cell)]),
  )
  return [...known]
    .filter(([value]) => value)
    .sort(([, one], [, other]) => compareTexts(one, other))
    .slice(0, 200)
}

function Columns(props: { columns: string[]; onPick: (columns: string[]) => void }) {
  const { columns, onPick } = props
  const left = Object.entries(texts.columns).filter(
    // One column of time at most.
    ([one]) =>
      !columns.includes(one) && !(TIMES.has(one) && columns.some((other) => TIMES.has(other))),
  )
  return (
    <div class="row spaced">
      <span class="note">{texts.groupBy}</span>
      {columns.map((column) => (
        <span key={column} class="picked-chip">
          {texts.columns[column]}
          {columns.length > 1 && (
            <button
              type="button"
              class="quiet small"
              aria-label={texts.removeColumn(texts.columns[column] ?? column)}
              onClick={() => onPick(columns.filter((one) => one !== column))}
            >
              <X size={14} aria-hidden="true" />
            </button>
          )}
        </span>
      ))}
      {columns.length < COLUMNS_MAX && (
        <Select
          label={texts.addColumn}
          bare
          value=""
          options={[['', `${texts.addColumn}…`], ...left]}
          onValue={(picked) => picked && onPick([...columns, picked])}
        />
      )}
    </div>
  )
}

function Rows(props: {
  rows: TableRow[]
  incomplete: boolean
  onOnly: (column: string, value: string) => void
}) {
  const shape = props.rows[0]?.columns ?? []
  const columns: Column<TableRow>[] = [
    ...shape.map(({ column_type: column }, place) => ({
      title: texts.columns[column] ?? column,
      sort: (row: TableRow) => shownIn(row.columns[place]),
      cell: (row: TableRow) => {
        const cell = row.columns[place]
        const label = shownIn(cell) || texts.none
        if (cell === undefined || NEVER.has(column)) return label
        return (
          <button
            type="button"
            class="link"
            title={texts.onlyThis(label)}
            onClick={() => props.onOnly(column, cell.id)}
          >
            {label}
          </button>
        )
      },
    })),
    ...METRICS.map((metric) => ({
      title: TITLES[metric],
      number: true,
      wideOnly: metric === 'ctr' || metric === 'invalid_click',
      sort: (row: TableRow) => row.reporting[metric] ?? 0,
      cell: (row: TableRow) =>
        metric === 'ctr'
          ? `${(row.reporting.ctr ?? 0).toFixed(2)}%`
          : formatCount(row.reporting[metric] ?? 0),
    })),
  ]
  return (
    <>
      <Table
        // Another set of columns is another table, sorted again.
        key={shape.map((one) => one.column_type).join()}
        name={texts.breakdown}
        rows={props.rows}
        rowKey={(row) => JSON.stringify(row.columns.map((cell) => cell.id))}
        columns={columns}
        limit={100}
      />
      {props.incomplete && <p class="note">{texts.incomplete}</p>}
    </>
  )
}

function CsvButton(props: { body: object }) {
  const [problem, setProblem] = useState<unknown>(null)
  async function take() {
    setProblem(null)
    try {
      const path = '/v1/networks/reporting/entity/table/export'
      const text = await send('POST', path, { ...props.body, format: 'csv', metrics: METRICS })
      const link = document.createElement('a')
      link.href = URL.createObjectURL(new Blob([String(text)], { type: 'text/csv' }))
      link.download = 'offer.csv'
      link.click()
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
    } catch (error) {
      setProblem(error)
    }
  }
  return (
    <>
      <button type="button" class="small" onClick={take}>
        <Download size={14} aria-hidden="true" /> {texts.file}
      </button>
      {problem !== null && <Problem error={problem} />}
    </>
  )
}
