/** What counted most, by the values of one column. */
import { X } from 'lucide-preact'
import { Suspense } from 'preact/compat'
import { useState } from 'preact/hooks'
import { type Filters, numberOf, type Report, type Row, textOf, useReport, windowOf } from '../api/queries'
import { formatCountry } from '../formats'
import { useCountry } from '../state/country'
import { useRange } from '../state/range'
import { strings } from '../strings'
import { Boundary } from './Boundary'
import { Tabs } from './Field'
import { opened } from './opened'
import { Card } from './Page'
import { Ranking } from './Ranking'
import { Answer, Loading } from './States'

const WorldMap = opened(() => import('./WorldMap'))

export function useTop(column: string, filters: Filters, top = 8) {
  const [range] = useRange()
  return useReport({ ...windowOf(range), filters, metrics: ['counted'], dimensions: [column], top })
}

/** Rows that counted nothing say nothing. */
function counting(report: Report): Row[] {
  return report.rows.filter((row) => numberOf(row, 'counted') > 0)
}

interface Named {
  name: string
  column: string
  filters: Filters
  label: (value: string) => string
  /** A page of its own, by value. */
  to?: (value: string) => string | undefined
  /** The value that the page shows alone, or null for all; and how it shows another. */
  picked?: string | null
  onPick?: (value: string | null) => void
  /** So many rows at first. */
  limit?: number
}

/** The answer of `useTop` as a ranking; `nothing` stands where there is none. */
export function Top(props: Named & { of: ReturnType<typeof useTop>; nothing?: string }) {
  return (
    <Answer of={props.of} lines={5}>
      {(report) =>
        counting(report).length === 0 ? (
          <p class="note">{props.nothing ?? strings.analytics.nothing}</p>
        ) : (
          <Ranked {...props} report={report} visible={counting(report)} other={numberOf(report.other, 'counted')} />
        )
      }
    </Answer>
  )
}

function Ranked(props: Named & { report: Report; visible: Row[]; other: number }) {
  const { name, column, filters, picked, onPick } = props
  return (
    <Ranking
      name={name}
      total={numberOf(props.report.totals, 'counted')}
      other={props.other}
      limit={props.limit}
      rows={props.visible.map((row) => {
        const value = textOf(row, column)
        return {
          key: value,
          label: props.label(value),
          count: numberOf(row, 'counted'),
          filters: { ...filters, [column]: value },
          to: props.to?.(value),
          picked: value === picked,
          onPick: onPick && (() => onPick(value === picked ? null : value)),
        }
      })}
    />
  )
}

/** On a map, or as a list: of all countries, whichever of them the page shows alone. */
export function Countries(props: { filters: Filters }) {
  const [view, setView] = useState('map')
  const [picked, onPick] = useCountry()
  const report = useTop('country', props.filters, 250)
  const name = strings.overview.countries
  const views = [
    ['map', strings.overview.map],
    ['list', strings.overview.list],
  ] as const
  return (
    <Card
      title={name}
      span={8}
      actions={<Tabs name={name} value={view} options={views} onValue={setView} />}
    >
      <Answer of={report} lines={8}>
        {(report) => {
          const visible = counting(report)
          const counts = visible.map((row) => [textOf(row, 'country'), numberOf(row, 'counted')] as const)
          if (counts.length === 0) return <p class="note">{strings.overview.nothingThere}</p>
          return view === 'map' ? (
            <Boundary bare>
              <Suspense fallback={<Loading lines={8} />}>
                <WorldMap
                  name={name}
                  counts={new Map(counts)}
                  total={numberOf(report.totals, 'counted')}
                  picked={picked}
                  onPick={onPick}
                />
              </Suspense>
            </Boundary>
          ) : (
            <Ranked
              name={name}
              column="country"
              filters={props.filters}
              label={(value) => formatCountry(value) || strings.common.unknown}
              report={report}
              visible={visible}
              other={numberOf(report.other, 'counted')}
              limit={12}
              picked={picked}
              onPick={onPick}
            />
          )
        }}
      </Answer>
    </Card>
  )
}

/** The country that the page shows alone, and a button for all. */
export function CountryChip() {
  const [country, setCountry] = useCountry()
  if (country === null) return null
  const name = formatCountry(country) || strings.common.unknown
  return (
    <p class="chip only">
      <span class="text">{strings.overview.only(name)}</span>
      <button
        type="button"
        class="away"
        aria-label={strings.overview.allCountries(name)}
        onClick={() => setCountry(null)}
      >
        <X size={14} aria-hidden="true" />
      </button>
    </p>
  )
}

/** By what software, or from where: a card. `kept`: a privacy mode may keep none of it, and then
 * there is nothing to show. */
export function TopCard(props: {
  column: string
  title: string
  filters: Filters
  span: 4 | 12
  kept?: boolean
}) {
  const { column, title, filters } = props
  const report = useTop(column, filters, 6)
  const unknown = column === 'referrer_host' ? strings.overview.direct : strings.common.unknown
  if (props.kept && !report.data?.rows.some((row) => textOf(row, column))) return null
  return (
    <Card title={title} span={props.span}>
      <Top
        of={report}
        name={title}
        column={column}
        filters={filters}
        label={(value) => strings.overview.deviceNames[value] ?? (value || unknown)}
      />
    </Card>
  )
}
