import { CircleCheck, OctagonX } from 'lucide-preact'
import { useEffect, useState } from 'preact/hooks'
import { Link, useSearchParams } from 'wouter-preact'
import type { Connection } from '../../api/following'
import { formatAgo, formatMoment, formatTime } from '../../formats'
import { Select } from '../../parts/Field'
import { Live } from '../../parts/Live'
import { Card, Page } from '../../parts/Page'
import { RangePicker } from '../../parts/RangePicker'
import { Answer } from '../../parts/States'
import { useRange } from '../../state/range'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { ByHand } from './ByHand'
import { ByReader } from './ByReader'
import { Conflicts } from './Conflicts'
import { type ReaderEvent, useReaderFeed, wasLate } from './feed'
import { type Reader, useReaders } from './queries'
import { NoReaders } from './NoReaders'
import { PassTabs } from './PassTabs'

const texts = strings.passes

/** After so long a verdict is no longer about the person who stands there. */
const OLD = 60_000

export default function LiveScans() {
  const readers = useReaders()
  return (
    <Page title={texts.live} lead={texts.liveLead} actions={<RangePicker />}>
      <PassTabs />
      <Answer of={readers} lines={10}>
        {(rows) =>
          rows.length === 0 ? (
            <Card>
              <NoReaders />
            </Card>
          ) : (
            <div class="grid">
              <ReaderNow readers={rows} />
              <ByReader readers={rows} />
              <Card title={texts.conflicts}>
                <p class="note">{texts.conflictsNote}</p>
                <Conflicts readers={rows} />
              </Card>
            </div>
          )
        }
      </Answer>
    </Page>
  )
}

function ReaderNow(props: { readers: Reader[] }) {
  const [search, setSearch] = useSearchParams()
  const readerId = search.get('reader') ?? ''
  const [events, connection] = useReaderFeed(readerId)
  const { mayWrite } = useSigned()
  const names = new Map(props.readers.map((reader) => [reader.id, reader.attributes.name]))
  return (
    <>
      <Card
        span={8}
        class="reader-now"
        title={texts.now}
        actions={
          <Select
            label={texts.reader}
            bare
            value={readerId}
            options={[
              ['', texts.allReaders],
              ...props.readers.map((reader) => [reader.id, reader.attributes.name] as const),
            ]}
            onValue={(picked) =>
              setSearch((before) => {
                const next = new URLSearchParams(before)
                if (picked) next.set('reader', picked)
                else next.delete('reader')
                return next
              })
            }
          />
        }
      >
        {connection.state !== 'open' && <Live of={connection} />}
        <Verdict event={events.find((one) => !wasLate(one))} names={names} />
        {mayWrite && <ByHand readers={props.readers} readerId={readerId} />}
      </Card>
      <Feed events={events} connection={connection} names={names} />
    </>
  )
}

/** What became of the last one, to be read from two metres. */
function Verdict(props: { event: ReaderEvent | undefined; names: Map<string, string> }) {
  const [range] = useRange()
  const { event } = props
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    setNow(Date.now())
    const clock = setInterval(() => setNow(Date.now()), 5_000)
    return () => clearInterval(clock)
  }, [event])
  if (event === undefined)
    return (
      <div class="reader-verdict" role="status">
        <p>{texts.waiting}</p>
      </div>
    )
  const passed = event.scan_status === 'successful'
  const old = now - Date.parse(event.received_at ?? '') > OLD
  const shade = old ? 'old' : passed ? 'good' : 'bad'
  const reason = event.scan_status_detail || (passed ? '' : texts.noReason)
  return (
    <div class={`reader-verdict ${shade}`} role="status">
      {passed ? (
        <CircleCheck size={64} aria-hidden="true" />
      ) : (
        <OctagonX size={64} aria-hidden="true" />
      )}
      <div>
        <p class="word">{passed ? texts.letIn : texts.stop}</p>
        {reason && <p class="reason">{reason}</p>}
        {!passed && texts.hints[reason] && <p>{texts.hints[reason]}</p>}
        <p class="who">
          <b>{event.scan_value}</b> · {props.names.get(event.reader ?? '') ?? event.reader} ·{' '}
          <time dateTime={event.occurred_at}>
            {formatMoment(event.occurred_at ?? '', range.zone, true)}
            {old && ` (${formatAgo(event.occurred_at ?? '', now)})`}
          </time>
        </p>
      </div>
    </div>
  )
}

function Feed(props: { events: ReaderEvent[]; connection: Connection; names: Map<string, string> }) {
  const [range] = useRange()
  return (
    <Card span={4} title={texts.feed} class="reader-feed">
      <Live of={props.connection} />
      <ol class="feed" aria-label={texts.feed}>
        {props.events.slice(0, 8).map((one) => (
          <li key={one.id}>
            {one.wallet_pass ? (
              <Link href={`/passes/${one.wallet_pass}`}>{one.scan_value || texts.pass}</Link>
            ) : (
              <b>{one.scan_value}</b>
            )}
            <span>
              {[
                props.names.get(one.reader ?? '') ?? one.reader,
                one.scan_status_detail,
                wasLate(one) && texts.uploadedLater,
              ]
                .filter(Boolean)
                .join(' · ')}
            </span>
            <span class={one.scan_status === 'successful' ? 'badge good' : 'badge bad'}>
              {texts.statuses[one.scan_status ?? ''] ?? one.scan_status}
            </span>
            <time dateTime={one.occurred_at}>{formatTime(one.occurred_at ?? '', range.zone)}</time>
          </li>
        ))}
      </ol>
    </Card>
  )
}
