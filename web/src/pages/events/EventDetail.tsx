import { useQuery } from '@tanstack/preact-query'
import { Filter as Funnel } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { answered, native } from '../../api/client'
import { formatDuration, formatMoment } from '../../formats'
import { Command, Snippet } from '../../parts/Copy'
import { Checkbox } from '../../parts/Field'
import { Card, Page } from '../../parts/Page'
import { Answer } from '../../parts/States'
import { useRange } from '../../state/range'
import { strings } from '../../strings'
import { trackerName, useTrackerNames } from '../overview/names'
import { GROUPS, METADATA, nameOf, ungrouped } from './columns'
import { valueOf } from './EventTable'
import { describe, type Filter, showValue, TIMES, writeFilters } from './filters'
import type { EventShown } from './queries'

interface Found {
  event: EventShown
  /** As the server sent it: a number of 64 bits is one there. */
  text: string
}

export default function EventDetail(props: { params: { id: string } }) {
  const { id } = props.params
  const found = useQuery({
    queryKey: ['event', id],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async (): Promise<Found> => {
      const call = native.GET('/events/{id}', { params: { path: { id } }, parseAs: 'text' })
      const text = (await answered(call)) as unknown as string
      // JavaScript would round a visitor.
      return { text, event: JSON.parse(text.replace(/"visitor":(\d+)/, '"visitor":"$1"')) }
    },
  })
  return (
    <Page
      title={strings.events.one}
      lead={<Link href={`/events${location.search}`}>{strings.events.toEvents}</Link>}
    >
      <Answer of={found} lines={16}>
        {(found) => <Detail found={found} />}
      </Answer>
    </Page>
  )
}

function Detail(props: { found: Found }) {
  const { event, text } = props.found
  const [empty, setEmpty] = useState(false)
  const [range] = useRange()
  const trackers = useTrackerNames([String(event.tracker ?? 0)])
  const others = ungrouped(Object.keys(event)).filter((one) => one !== 'metadata')
  const groups = Object.entries({ ...GROUPS, ...(others.length > 0 ? { other: others } : {}) })
  const metadata = Object.keys(event.metadata ?? {}).map((key) => METADATA + key)
  return (
    <>
      <Verdict event={event} />
      <div class="grid event">
        {groups.map(([group, columns]) => (
          <Facts
            key={group}
            title={strings.events.groups[group] ?? strings.events.metadata}
            event={event}
            columns={empty ? columns : columns.filter((one) => valueOf(event, one) !== '')}
            zone={range.zone}
            trackers={trackers}
          />
        ))}
        <Facts
          title={strings.events.metadata}
          event={event}
          columns={metadata}
          zone={range.zone}
          trackers={trackers}
        />
        <Card span={12}>
          <Checkbox label={strings.events.showEmpty} checked={empty} onChecked={setEmpty} />
          <div class="snippets">
            <Snippet label={strings.events.raw} text={pretty(text)} />
            <Command call={{ path: `/events/${event.id}` }} />
          </div>
        </Card>
      </div>
    </>
  )
}

/** Whether it counts, and why, in a sentence. */
function Verdict(props: { event: EventShown }) {
  const { verdict = '', reason = '', kind = '', source = '' } = props.event
  const counts = verdict === 'counted'
  return (
    <section class={counts ? 'event-verdict counts' : 'event-verdict'} aria-label={nameOf('verdict')}>
      <p>
        <b>{showValue('kind', kind)}</b> · {showValue('source', source)}{' '}
        <span class={counts ? 'badge good' : 'badge warn'}>{showValue('verdict', verdict)}</span>
      </p>
      <p>
        {strings.events.verdictSays[verdict] ?? verdict}{' '}
        {reason && strings.events.verdictReason(reason)}
      </p>
    </section>
  )
}

function Facts(props: {
  title: string
  event: EventShown
  columns: string[]
  zone: string
  trackers: Map<string, string>
}) {
  const { event, columns, zone, trackers } = props
  if (columns.length === 0) return null
  return (
    <Card title={props.title} span={6}>
      <dl class="facts">
        {columns.map((column) => {
          const value = valueOf(event, column)
          const filter: Filter = { column, operator: 'is', values: [value] }
          const can = value !== '' && !TIMES.includes(column) && column !== 'id'
          return (
            <>
              <dt key={`${column} name`}>{nameOf(column)}</dt>
              <dd key={column}>
                <span>{fact(event, column, value, zone, trackers)}</span>
                {can && (
                  <Link
                    class="only"
                    href={`/events?${writeFilters(new URLSearchParams(location.search), [filter])}`}
                    title={strings.events.onlyThese}
                    aria-label={strings.events.onlyTheseOf(describe(filter, trackers))}
                  >
                    <Funnel size={14} aria-hidden="true" />
                  </Link>
                )}
              </dd>
            </>
          )
        })}
      </dl>
    </Card>
  )
}

function fact(
  event: EventShown,
  column: string,
  value: string,
  zone: string,
  trackers: Map<string, string>,
): ComponentChildren {
  if (column === 'tracker') {
    if (value === '') return strings.overview.noTracker
    return <Link href={`/trackers/${value}`}>{trackerName(value, trackers)}</Link>
  }
  if (value === '') return <span class="note">{strings.events.empty}</span>
  if (column === 'received_at') {
    const late = Date.parse(value) - Date.parse(event.occurred_at ?? value)
    return late < 1000
      ? strings.events.atOnce
      : `${formatMoment(value, zone, true)}, ${strings.events.late(formatDuration(late / 1000))}`
  }
  if (TIMES.includes(column)) return <time dateTime={value}>{formatMoment(value, zone, true)}</time>
  if (column === 'id' || column === 'user_agent') return <code>{value}</code>
  return showValue(column, value, trackers)
}

/** Indented, with the visitor as the server wrote it. */
function pretty(text: string): string {
  const safe = text.replace(/"visitor":(\d+)/, '"visitor":"$1"')
  return JSON.stringify(JSON.parse(safe), null, 2).replace(/"visitor": "(\d+)"/, '"visitor": $1')
}
