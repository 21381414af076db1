import { useQueries } from '@tanstack/preact-query'
import { Link } from 'wouter-preact'
import { send } from '../../api/client'
import { Command } from '../../parts/Copy'
import { Empty, Loading } from '../../parts/States'
import type { Call } from '../../shell'
import { useRange } from '../../state/range'
import { strings } from '../../strings'
import { describe, type Filter } from './filters'
import { type EventPage, parametersFor, type Question } from './queries'

/** Where no event is: which filter is the cause, or how to make the first event. */
export function Nothing(props: {
  question: Question
  onFilters: (filters: Filter[]) => void
  trackers: Map<string, string>
}) {
  const { question } = props
  const [range, setRange] = useRange()
  const { filters } = question
  const longer = { ...range, days: 365, since: yearBefore(range.until) }
  const others: Question[] = [
    ...filters.map((filter) => ({ ...question, filters: filters.filter((one) => one !== filter) })),
    { ...question, range: longer },
  ]
  const totals = useQueries({
    queries: others.map((one) => ({
      queryKey: ['events-total', parametersFor(one)],
      queryFn: async () =>
        ((await send('GET', `/events?${parametersFor(one)}&limit=1&fields=id`)) as EventPage).total,
    })),
  })
  if (totals.some((one) => one.isPending)) return <Loading lines={6} />
  const found = totals.map((one) => one.data ?? { events: 0, exact: true })
  const inYear = found.at(-1)
  const title =
    filters.length === 0
      ? strings.events.emptyTitle
      : filters.length === 1
        ? strings.events.noMatchOne
        : strings.events.noMatch
  return (
    <Empty title={title}>
      <ul class="lines">
        {filters.map((filter, number) => {
          const total = found[number]
          const text = describe(filter, props.trackers)
          if (!total || total.events === 0) return null
          return (
            <li key={text} class="between">
              <span>
                {strings.events.without(text)}:{' '}
                <b>{strings.events.wouldBe(total.events, total.exact)}</b>
              </span>
              <button
                type="button"
                class="small"
                aria-label={`${strings.events.removeIt}: ${text}`}
                onClick={() => props.onFilters(filters.filter((one) => one !== filter))}
              >
                {strings.events.removeIt}
              </button>
            </li>
          )
        })}
        {inYear && inYear.events > 0 && (
          <li class="between">
            <span>
              {filters.length > 0 ? strings.events.longer : strings.range.last(365)}:{' '}
              <b>{strings.events.wouldBe(inYear.events, inYear.exact)}</b>
            </span>
            <button type="button" class="small" onClick={() => setRange({ days: 365 })}>
              {strings.events.showLonger}
            </button>
          </li>
        )}
      </ul>
      {filters.length > 0 && found.every((one) => one.events === 0) && (
        <>
          <p>{strings.events.noMatchTogether}</p>
          <p>
            <button type="button" onClick={() => props.onFilters([])}>
              {strings.events.removeAll}
            </button>
          </p>
        </>
      )}
      {filters.length === 0 && <First />}
    </Empty>
  )
}

function First() {
  const call: Call = { path: '/events', body: [{ kind: 'scan' }] }
  return (
    <>
      <p>{strings.events.emptyLead}</p>
      <p>
        <Link href="/codes/new" class="button primary">
          {strings.events.makeCode}
        </Link>
      </p>
      <Command call={call} />
    </>
  )
}

function yearBefore(until: string): string {
  return new Date(Date.parse(`${until}T00:00:00Z`) - 365 * 86_400_000).toISOString().slice(0, 10)
}
