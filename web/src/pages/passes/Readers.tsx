import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { formatAgo } from '../../formats'
import { Command } from '../../parts/Copy'
import { Card, Page } from '../../parts/Page'
import { Places } from '../../parts/Places'
import { Answer, Empty } from '../../parts/States'
import { Table } from '../../parts/Table'
import type { Call } from '../../shell'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { Clock, Missing } from './ByReader'
import { PASS_PLACES } from './Doors'
import { type Reader, useReaderReports, useReaders } from './resources'
import { ReaderForm } from './ReaderForm'
import { ReaderReportDialog } from './ReaderReport'
import { Rule } from './Rule'

const words = strings.passes

export default function Readers() {
  const readers = useReaders()
  const [editing, setEditing] = useState<Reader | 'new' | null>(null)
  const [reported, setReported] = useState<Reader | null>(null)
  const { mayWrite } = useSigned()
  const make = (
    <button type="button" class="primary" onClick={() => setEditing('new')}>
      {readers.data?.length === 0 ? words.makeFirstReader : words.makeReader}
    </button>
  )
  return (
    <Page
      title={words.readers}
      lead={words.readersLead}
      actions={mayWrite && readers.data?.length !== 0 && make}
    >
      <Places name={words.title} places={PASS_PLACES} />
      <Card>
        <Answer of={readers} lines={6}>
          {(rows) =>
            rows.length === 0 ? (
              <NoReaders make={make} />
            ) : (
              <List
                readers={rows}
                onEdit={mayWrite ? setEditing : undefined}
                onReport={setReported}
              />
            )
          }
        </Answer>
      </Card>
      <Rule />
      {editing && (
        <ReaderForm
          reader={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
      {reported && <ReaderReportDialog reader={reported} onClose={() => setReported(null)} />}
    </Page>
  )
}

function List(props: {
  readers: Reader[]
  onEdit: ((reader: Reader) => void) | undefined
  onReport: (reader: Reader) => void
}) {
  const reports = useReaderReports(props.readers).data
  return (
    <Table
      name={words.readers}
      rows={props.readers}
      rowKey={(reader) => reader.id}
      columns={[
        {
          title: words.reader,
          sort: (reader) => reader.attributes.name,
          cell: (reader) =>
            props.onEdit ? (
              <button type="button" class="link" onClick={() => props.onEdit?.(reader)}>
                {reader.attributes.name}
              </button>
            ) : (
              reader.attributes.name
            ),
        },
        { title: words.readerId, wideOnly: true, cell: (reader) => <code>{reader.id}</code> },
        {
          title: words.signedIn,
          wideOnly: true,
          cell: (reader) => (reader.attributes.loggedIn ? words.yes : words.no),
        },
        {
          title: words.lastSeen,
          wideOnly: true,
          cell: ({ attributes: { lastSeenAt } }) =>
            lastSeenAt ? formatAgo(lastSeenAt) : words.never,
        },
        { title: words.missing, cell: (reader) => <Missing report={reports?.get(reader.id)} /> },
        {
          title: words.clock,
          wideOnly: true,
          cell: (reader) => <Clock report={reports?.get(reader.id)} />,
        },
        {
          title: words.report,
          cell: (reader) => (
            <button
              type="button"
              class="small"
              aria-label={words.reportOf(reader.attributes.name)}
              onClick={() => props.onReport(reader)}
            >
              {words.report}
            </button>
          ),
        },
      ]}
    />
  )
}

/** `make`: the button; without it a link to where readers are made. */
export function NoReaders(props: { make?: preact.ComponentChildren }) {
  const { mayWrite } = useSigned()
  const call: Call = {
    path: '/api/v1/entities/default/readers',
    body: { reader: { name: 'North gate', id: 'north-1', password: '…' } },
  }
  return (
    <Empty title={words.readersEmptyTitle}>
      <p>{words.readersEmptyText}</p>
      {mayWrite && (
        <p>
          {props.make ?? (
            <Link href="/passes/readers" class="button primary">
              {words.makeFirstReader}
            </Link>
          )}
        </p>
      )}
      <p>{words.emptyCurl}</p>
      <Command call={call} />
    </Empty>
  )
}
