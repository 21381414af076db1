import { useQuery } from '@tanstack/preact-query'
import { answered, everflow } from '../../api/client'
import { numberOf, type Row, textOf, useReport, windowOf } from '../../api/queries'
import type { components, paths as Everflow } from '../../api/types/everflow'
import { useRange } from '../../state/range'

export type Offer = components['schemas']['OfferAnswer']
export type OfferRequest = NonNullable<
  Everflow['/v1/networks/offers']['post']['requestBody']
>['content']['application/json']
export type Affiliate = components['schemas']['AffiliateAnswer']
export type Advertiser = components['schemas']['AdvertiserAnswer']
export type Creative = components['schemas']['CreativeAnswer']

/** As many as the server gives at once. */
const ALL = { page_size: 2000 }

export function useOffers() {
  return useQuery({
    queryKey: ['offers'],
    queryFn: async () =>
      (await answered(everflow.GET('/v1/networks/offers', { params: { query: ALL } }))).offers,
  })
}

export function useAffiliates() {
  return useQuery({
    queryKey: ['affiliates'],
    queryFn: async () =>
      (await answered(everflow.GET('/v1/networks/affiliates', { params: { query: ALL } })))
        .affiliates,
  })
}

export function useAdvertisers() {
  return useQuery({
    queryKey: ['advertisers'],
    queryFn: async () =>
      (await answered(everflow.GET('/v1/networks/advertisers', { params: { query: ALL } })))
        .advertisers,
  })
}

export interface Counts {
  impressions: number
  clicks: number
}

const NONE: Counts = { impressions: 0, clicks: 0 }

/** Impressions and clicks of each offer, or of each affiliate, in the days of the page; null while they
 * load. */
export function useCounts(column: 'offer' | 'affiliate'): (id: number) => Counts | null {
  const [range] = useRange()
  const report = useReport({
    ...windowOf(range),
    metrics: ['counted'],
    dimensions: [column, 'kind'],
    filters: { source: 'everflow', kind: ['impression', 'click'] },
    top: 1000,
  })
  const counts = new Map<string, Counts>()
  for (const row of report.data?.rows ?? []) add(counts, textOf(row, column), row)
  return (id) => (report.data ? (counts.get(String(id)) ?? NONE) : null)
}

function add(counts: Map<string, Counts>, key: string, row: Row) {
  const before = counts.get(key) ?? NONE
  const counted = numberOf(row, 'counted')
  const kind = textOf(row, 'kind')
  counts.set(key, {
    impressions: before.impressions + (kind === 'impression' ? counted : 0),
    clicks: before.clicks + (kind === 'click' ? counted : 0),
  })
}

/** Clicks per 100 impressions; null without impressions. */
export function clickRateOf(counts: Counts | null): number | null {
  return counts && counts.impressions > 0 ? (counts.clicks / counts.impressions) * 100 : null
}

export function clickRateText(counts: Counts | null): string {
  if (counts === null) return '…'
  const rate = clickRateOf(counts)
  return rate === null ? '–' : `${rate.toFixed(2)}%`
}
