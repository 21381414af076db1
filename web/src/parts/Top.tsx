/** What counted most, by the values of one column. */
import { Suspense } from 'preact/compat'
import { useState } from 'preact/hooks'
import { type Filters, numberOf, type Report, type Row, textOf, useReport, windowOf } from '../api/questions'
import { formatCountry } from '../formats'
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
}

/** The answer of `useTop` as a ranking; `nothing` stands where there is none. */
export function Top(props: Named & { of: ReturnType<typeof useTop>; nothing?: string }) {
  return (
    <Answer of={props.of} lines={5}>
      {(told) =>
        counting(told).length === 0 ? (
          <p class="note">{props.nothing ?? strings.analytics.nothing}</p>
        ) : (
          <Ranked {...props} report={told} shown={counting(told)} other={numberOf(told.other, 'counted')} />
        )
      }
    </Answer>
  )
}

function Ranked(props: Named & { report: Report; shown: Row[]; other: number }) {
  const { name, column, filters } = props
  return (
    <Ranking
      name={name}
      total={numberOf(props.report.totals, 'counted')}
      other={props.other}
      rows={props.shown.map((row) => {
        const value = textOf(row, column)
        return {
          key: value,
          label: props.label(value),
          count: numberOf(row, 'counted'),
          filters: { ...filters, [column]: value },
          to: props.to?.(value),
        }
      })}
    />
  )
}

/** On a map, or as a list. */
export function Countries(props: { filters: Filters }) {
  const [view, setView] = useState('map')
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
        {(told) => {
          const shown = counting(told)
          const counts = shown.map((row) => [textOf(row, 'country'), numberOf(row, 'counted')] as const)
          return view === 'map' ? (
            <Boundary bare>
              <Suspense fallback={<Loading lines={8} />}>
                <WorldMap name={name} counts={new Map(counts)} />
              </Suspense>
            </Boundary>
          ) : (
            <Ranked
              name={name}
              column="country"
              filters={props.filters}
              label={(value) => formatCountry(value) || strings.common.unknown}
              report={told}
              shown={shown.slice(0, 12)}
              other={counts.slice(12).reduce((sum, [, count]) => sum + count, 0)}
            />
          )
        }}
      </Answer>
    </Card>
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
