import { useQuery } from '@tanstack/preact-query'
import { Link } from 'wouter-preact'
import { answered, passentry } from '../../api/client'
import { formatMoment } from '../../formats'
import { Answer } from '../../parts/States'
import { Table } from '../../parts/Table'
import { startOfDay, useRange } from '../../state/range'
import { strings } from '../../strings'
import { type Conflict, patient, type Reader } from './queries'
import { formatSpan } from './times'

const texts = strings.passes
const SHOWN = 25

/** Double entries in the days that one looks at: of all passes, or of one. */
export function Conflicts(props: { readers: Reader[]; pass?: string }) {
  const [{ since, until, zone }] = useRange()
  const query = {
    perPage: SHOWN,
    scannedAfter: startOfDay(since, zone),
    scannedBefore: startOfDay(until, zone),
    ...(props.pass ? { passId: props.pass } : {}),
  }
  const conflicts = useQuery({
    queryKey: ['scan-conflicts', query],
    queryFn: () =>
      patient(() => answered(passentry.GET('/api/v1/scans/conflicts', { params: { query } }))),
  })
  const names = new Map(props.readers.map((reader) => [reader.id, reader.attributes.name]))
  return (
    <Answer of={conflicts}>
      {(answer) =>
        answer.data.length === 0 ? (
          <p>{texts.noConflicts}</p>
        ) : (
          <>
            <Table
              name={texts.conflicts}
              rows={answer.data}
              rowKey={(row) => row.id}
              columns={[
                { title: texts.pass, cell: (row) => <PassOf conflict={row} /> },
                {
                  title: texts.first,
                  cell: (row) => <Entry of={row.attributes.first} names={names} />,
                },
                {
                  title: texts.second,
                  cell: (row) => <Entry of={row.attributes.second} names={names} />,
                },
                {
                  title: texts.apart,
                  number: true,
                  wideOnly: true,
                  cell: (row) => formatSpan(row.attributes.secondsApart * 1000),
                },
              ]}
            />
            {answer.meta.totalCount > SHOWN && (
              <p class="note">{texts.conflictsMore(answer.meta.totalCount)}</p>
            )}
          </>
        )
      }
    </Answer>
  )
}

function PassOf(props: { conflict: Conflict }) {
  const { attributes, relationships } = props.conflict
  const pass = relationships.pass.data
  if (pass === null) return <>{attributes.passExtId}</>
  return <Link href={`/passes/${pass.id}`}>{attributes.passExtId}</Link>
}

function Entry(props: { of: Conflict['attributes']['first']; names: Map<string, string> }) {
  const [range] = useRange()
  const { readerId, at, offline } = props.of
  return (
    <>
      {props.names.get(readerId) ?? readerId}
      <br />
      <span class="note">
        {formatMoment(at, range.zone, true)}
        {offline && `, ${texts.offline}`}
      </span>
    </>
  )
}
