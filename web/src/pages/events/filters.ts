/** Filters as the address has them: `f.country=NL&f.os.not=iOS`. */
import type { Filters } from '../../api/queries'
import { formatCountry } from '../../formats'
import { strings } from '../../strings'
import { trackerName } from '../overview/names'
import { nameOf } from './columns'

export type Operator = 'is' | 'not' | 'prefix' | 'contains' | 'from' | 'to' | 'present'
export interface Filter {
  column: string
  operator: Operator
  values: string[]
}

const OPERATORS: readonly string[] = ['is', 'not', 'prefix', 'contains', 'from', 'to', 'present']
const MARK = 'f.'
/** Of these there is one value at most. */
const SINGLE: readonly Operator[] = ['from', 'to', 'present']

export const TIMES: readonly string[] = ['occurred_at', 'received_at']

export function readFilters(search: URLSearchParams): Filter[] {
  const found = new Map<string, Filter>()
  for (const [name, value] of search) {
    if (!name.startsWith(MARK)) continue
    const [column, operator] = split(name.slice(MARK.length))
    const key = parameter({ column, operator })
    const filter = found.get(key) ?? { column, operator, values: [] }
    if (SINGLE.includes(operator)) filter.values = [value]
    else if (!filter.values.includes(value)) filter.values.push(value)
    found.set(key, filter)
  }
  return [...found.values()]
}

export function writeFilters(search: URLSearchParams, filters: Filter[]): URLSearchParams {
  const next = new URLSearchParams([...search].filter(([name]) => !name.startsWith(MARK)))
  for (const filter of filters)
    for (const value of filter.values) next.append(MARK + parameter(filter), value)
  return next
}

function split(name: string): [string, Operator] {
  const dot = name.lastIndexOf('.')
  const last = name.slice(dot + 1)
  return dot > 0 && OPERATORS.includes(last)
    ? [name.slice(0, dot), last as Operator]
    : [name, 'is']
}

/** The name that the API knows it by. A key that ends like a test is written with `is`. */
export function parameter(filter: Pick<Filter, 'column' | 'operator'>): string {
  const plain = filter.operator === 'is' && split(filter.column)[0] === filter.column
  return plain ? filter.column : `${filter.column}.${filter.operator}`
}

/** As the parameters of `GET /events`. */
export function parametersOf(filters: Filter[]): [string, string][] {
  return filters.flatMap((filter) =>
    filter.values.map((value): [string, string] => [parameter(filter), value]),
  )
}

/** As the body of a report has them. */
export function jsonOf(filters: Filter[]): Filters {
  return Object.fromEntries(filters.map((filter) => [parameter(filter), filter.values]))
}

/** One more, which takes the place of the one with the same column and test. */
export function withFilter(filters: Filter[], filter: Filter, instead?: Filter): Filter[] {
  const kept = filters.filter(
    (one) => one !== instead && parameter(one) !== parameter(filter),
  )
  return [...kept, filter]
}

/** In words: `Country is Netherlands or Germany`. */
export function describe(filter: Filter, trackers?: Map<string, string>): string {
  const { tests, or } = strings.events
  const name = nameOf(filter.column)
  if (filter.operator === 'present')
    return `${name} ${filter.values[0] === 'false' ? tests.absent : tests.there}`
  const values = filter.values.map((value) => showValue(filter.column, value, trackers))
  return `${name} ${tests[filter.operator]} ${values.join(or)}`
}

/** A value as people call it. */
export function showValue(column: string, value: string, trackers?: Map<string, string>): string {
  if (value === '') return strings.events.empty
  switch (column) {
    case 'country':
      return formatCountry(value)
    case 'kind':
      return strings.overview.kinds[value] ?? value
    case 'source':
      return strings.overview.sourceNames[value] ?? value
    case 'verdict':
      return strings.verdicts[value] ?? value
    case 'device':
      return strings.overview.deviceNames[value] ?? value
    case 'tracker':
      return trackerName(value, trackers)
    default:
      return value
  }
}
