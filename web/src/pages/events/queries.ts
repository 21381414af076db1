/** What the explorer asks. */
import { keepPreviousData, type QueryClient, useQuery, useQueryClient } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { answered, native, send } from '../../api/client'
import type { components } from '../../api/types/native'
import type { Range } from '../../state/range'
import { METADATA } from './columns'
import { type Filter, parametersOf } from './filters'

export type EventPage = components['schemas']['EventPage']
export type EventShown = components['schemas']['Event']
export type Export = components['schemas']['Export']
export type Order = 'newest' | 'oldest'

export interface Question {
  range: Range
  filters: Filter[]
  order: Order
}

/** The parameters of a question, as `GET /events` takes them. */
export function parametersFor(list: Question, more: Record<string, string> = {}): string {
  const { since, until, zone } = list.range
  const search = new URLSearchParams({ since, until, zone })
  for (const [name, value] of parametersOf(list.filters)) search.append(name, value)
  if (list.order !== 'newest') search.set('order', list.order)
  for (const [name, value] of Object.entries(more)) if (value) search.set(name, value)
  return search.toString()
}

/** The fields to ask for: an event's address needs its id, and metadata comes whole. */
export function fieldsFor(columns: string[]): string {
  const fields = columns.map((one) => (one.startsWith(METADATA) ? 'metadata' : one))
  return [...new Set(['id', ...fields])].join(',')
}

export function useEventPage(parameters: string, enabled = true) {
  return useQuery({
    queryKey: ['events', parameters],
    queryFn: async () => (await send('GET', `/events?${parameters}`)) as EventPage,
    placeholderData: keepPreviousData,
    // A page stands still until somebody wants newer ones.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    enabled,
  })
}

/** How many match. */
export function useEventTotal(parameters: string, options: { enabled?: boolean; every?: number } = {}) {
  return useQuery({
    queryKey: ['events-total', parameters],
    queryFn: async () =>
      ((await send('GET', `/events?${parameters}&limit=1&fields=id`)) as EventPage).total,
    enabled: options.enabled ?? true,
    refetchInterval: options.every ?? false,
  })
}

export function useColumnsKnown() {
  return useQuery({
    queryKey: ['schema'],
    queryFn: () => answered(native.GET('/reports/schema')),
    staleTime: Number.POSITIVE_INFINITY,
  })
}

const EPOCH_MS = 1_735_689_600_000

/** When the event with this id was received, which its first bits say (core/ids.py). */
export function receivedAt(id: string): number {
  return Number(BigInt(id) >> 22n) + EPOCH_MS
}

/** A question for what was received after this event. */
export function since(asOf: string, list: Question): string {
  const named = new Set(parametersOf(list.filters).map(([name]) => name))
  const more: Record<string, string> = {}
  if (!named.has('received_at.from'))
    more['received_at.from'] = new Date(receivedAt(asOf)).toISOString()
  if (!named.has('id.from')) more['id.from'] = String(BigInt(asOf) + 1n)
  return parametersFor(list, more)
}

interface Place {
  /** Of which question these are the pages. */
  of: string
  /** The cursors of the pages so far; that of the first is ''. */
  cursors: string[]
}

// Whoever looks at an event and comes back is on the page that they left.
const left = new WeakMap<QueryClient, Place>()

/** On which page one is. Another question begins on its first. */
export function usePlace(question: string) {
  const queries = useQueryClient()
  const [place, setPlace] = useState<Place>(left.get(queries) ?? { of: '', cursors: [''] })
  const cursors = place.of === question ? place.cursors : ['']
  function go(next: string[]) {
    const there = { of: question, cursors: next }
    left.set(queries, there)
    setPlace(there)
  }
  return {
    cursor: cursors.at(-1) ?? '',
    page: cursors.length,
    next: (cursor: string) => go([...cursors, cursor]),
    back: () => go(cursors.slice(0, -1)),
    first: () => go(['']),
  }
}
