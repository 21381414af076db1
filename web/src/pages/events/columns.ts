/** The fields of an event, in the order and groups in which people look for them. */
import { useState } from 'preact/hooks'
import { strings } from '../../strings'

const numbered = (name: string) => Array.from({ length: 10 }, (_, number) => `${name}${number + 1}`)

export const GROUPS: Record<string, string[]> = {
  what: ['occurred_at', 'received_at', 'kind', 'source', 'tracker', 'verdict', 'reason', 'id'],
  where: [
    'country',
    'region',
    'city',
    'postal_code',
    'metro_code',
    'time_zone',
    'isp',
    'carrier',
    'asn',
    'connection_type',
  ],
  device: [
    'device',
    'device_make',
    'device_model',
    'os',
    'os_version',
    'browser',
    'browser_version',
    'user_agent',
  ],
  who: ['visitor', 'ip', 'language', 'destination', 'profile', 'subprofile', 'testgroup'],
  page: ['url', 'referrer_host', 'referrer'],
  resource: ['code', 'program', 'poster', 'ambassador', 'emailing', 'link'],
  ads: [
    'offer',
    'offer_url',
    'affiliate',
    'advertiser',
    'creative',
    'campaign',
    'coupon',
    'project',
    'traffic_source',
    ...numbered('sub'),
    ...numbered('adv'),
  ],
  reader: [
    'wallet_pass',
    'pass_template',
    'reader',
    'entity',
    'venue_event',
    'group_tag',
    'scan_status',
    'scan_status_detail',
    'scan_medium',
    'scan_value',
    'validation',
  ],
}

export const METADATA = 'metadata.'
/** Larger or smaller has a meaning for these alone, and for metadata. */
export const NUMBERS: readonly string[] = ['id', 'tracker', 'visitor', 'asn']

const USUAL = ['occurred_at', 'kind', 'source', 'tracker', 'verdict', 'country', 'device', 'browser']
const KEPT = 'footfall.events.columns'

export function nameOf(column: string): string {
  const { fields, sub, adv, metadataOf } = strings.events
  if (column.startsWith(METADATA)) return metadataOf(column.slice(METADATA.length))
  const [, kind, number] = /^(sub|adv)(\d+)$/.exec(column) ?? []
  if (kind && number) return kind === 'sub' ? sub(number) : adv(number)
  return fields[column] ?? column
}

/** What the server knows and these groups do not: a column of a newer server. */
export function ungrouped(known: string[]): string[] {
  const grouped = new Set(Object.values(GROUPS).flat())
  return known.filter((column) => !grouped.has(column) && !column.startsWith(METADATA))
}

function kept(): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEPT) ?? 'null')
    const names = Array.isArray(stored) ? stored.filter((one) => typeof one === 'string') : []
    return names.length > 0 ? names : USUAL
  } catch {
    return USUAL
  }
}

/** The columns of the list, kept in this browser; null is the usual ones. */
export function useColumns(): [string[], (columns: string[] | null) => void] {
  const [columns, setColumns] = useState(kept)
  return [
    columns,
    (chosen) => {
      if (chosen === null || chosen.length === 0) localStorage.removeItem(KEPT)
      else localStorage.setItem(KEPT, JSON.stringify(chosen))
      setColumns(kept())
    },
  ]
}
