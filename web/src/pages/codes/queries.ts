/** What the pages of codes ask. */
import {
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/preact-query'
import { answered, openqr } from '../../api/client'
import { numberOf, type Row, textOf, useReport } from '../../api/queries'
import type { components } from '../../api/types/openqr'
import { usePaged } from '../../parts/Paged'
import { useChartWindow } from '../../state/elapsed'

type Schemas = components['schemas']
export type Code = Schemas['CodeDetail']
export type Created = Schemas['Code']
export type CodeChange = Schemas['ChangeRequest']
export type HistoryChange = Schemas['Change']
export type Check = Schemas['Check']
export type Theme = Omit<Schemas['Theme'], 'style'> & { style: Record<string, unknown> }

export interface Wanted {
  search: string
  folder: string
  tag: string
  status: string
}

export function useCodes(wanted: Wanted) {
  return usePaged<Schemas['CodePage']['codes'][number]>(
    ['codes', wanted],
    async (cursor, signal) => {
      const query = {
        limit: 50,
        ...(cursor && { cursor }),
        ...(wanted.search && { search: wanted.search }),
        ...(wanted.folder && { folder: wanted.folder }),
        ...(wanted.tag && { tag: [wanted.tag] }),
        ...(wanted.status && { status: wanted.status as 'active' | 'paused' }),
      }
      const page = await answered(openqr.GET('/v1/dynamic', { signal, params: { query } }))
      return { rows: page.codes, next: page.next_cursor }
    },
    { keepPrevious: true },
  )
}

export function codeQuery(id: string) {
  return {
    queryKey: ['code', id],
    queryFn: () => answered(openqr.GET('/v1/dynamic/{id}', { params: { path: { id } } })),
  }
}

export function useCode(id: string) {
  return useQuery(codeQuery(id))
}

/** What changed is shown at once; what else may have changed is fetched again. */
function useChanged(id: string) {
  const queries = useQueryClient()
  return (code: Code) => {
    queries.setQueryData(['code', id], code)
    for (const key of ['codes', 'tags', 'tracker', 'trackers'])
      void queries.invalidateQueries({ queryKey: [key] })
    void queries.invalidateQueries({ queryKey: ['history', id] })
  }
}

export function useChange(id: string) {
  const changed = useChanged(id)
  return useMutation({
    mutationFn: (body: CodeChange) =>
      answered(openqr.PATCH('/v1/dynamic/{id}', { params: { path: { id } }, body })),
    onSuccess: changed,
  })
}

export function useUndo(id: string) {
  const changed = useChanged(id)
  return useMutation({
    mutationFn: (number: number) =>
      answered(
        openqr.POST('/v1/dynamic/{id}/history/{number}/undo', { params: { path: { id, number: String(number) } } }),
      ),
    onSuccess: changed,
  })
}

export function useHistory(id: string) {
  return useInfiniteQuery({
    queryKey: ['history', id],
    initialPageParam: '',
    getNextPageParam: (page: Schemas['History']) => page.next_cursor ?? undefined,
    queryFn: ({ pageParam }) =>
      answered(
        openqr.GET('/v1/dynamic/{id}/history', {
          params: { path: { id }, query: { limit: 20, ...(pageParam && { cursor: pageParam }) } },
        }),
      ),
  })
}

export function useFolders() {
  return useQuery({ queryKey: ['folders'], queryFn: () => answered(openqr.GET('/v1/folders')) })
}

export function useTags() {
  return useQuery({ queryKey: ['tags'], queryFn: () => answered(openqr.GET('/v1/tags')) })
}

export function useThemes() {
  return useQuery({
    queryKey: ['themes'],
    queryFn: async () => (await answered(openqr.GET('/v1/themes'))).themes as Theme[],
  })
}

export interface Counted {
  total: number
  values: number[]
}

/** The counts of many codes over time, by one report. */
export function useCounts(ids: string[]): Map<string, Counted> | undefined {
  const { window, bucket } = useChartWindow()
  const report = useReport(
    {
      ...window,
      metrics: ['counted'],
      dimensions: ['code', { time: bucket }],
      filters: { code: ids },
      fill: true,
      top: 1000,
    },
    { enabled: ids.length > 0 },
  )
  return report.data && byCode(report.data.rows)
}

function byCode(rows: Row[]): Map<string, Counted> {
  const found = new Map<string, Counted>()
  for (const row of rows) {
    const id = textOf(row, 'code')
    const counted = found.get(id) ?? { total: 0, values: [] }
    counted.total += numberOf(row, 'counted')
    counted.values.push(numberOf(row, 'counted'))
    found.set(id, counted)
  }
  return found
}

/** What people call it: its label, or its short link. */
export function nameOf(code: { label: string | null; short_url: string }): string {
  return code.label || withoutScheme(code.short_url)
}

export function withoutScheme(link: string): string {
  return link.replace(/^https?:\/\//, '')
}

/** `example.org` as people type it is a link all the same. */
export function asLink(typed: string): string {
  const text = typed.trim()
  return text === '' || /^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `https://${text}`
}
