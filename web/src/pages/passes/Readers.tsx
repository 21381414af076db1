import { useState } from 'preact/hooks'
import { formatAgo } from '../../formats'
import { ResourcePage } from '../../parts/Resource'
import type { Column } from '../../parts/Table'
import { strings } from '../../strings'
import { Clock, Missing } from './ByReader'
import { READERS_EMPTY } from './NoReaders'
import { type Reader, useReaderReports, useReaders } from './queries'
import { PassTabs } from './PassTabs'
import { ReaderForm } from './ReaderForm'
import { ReaderReportDialog } from './ReaderReport'
import { Rule } from './Rule'

const texts = strings.passes

export default function Readers() {
  const [reported, setReported] = useState<Reader | null>(null)
  return (
    <ResourcePage
      title={texts.readers}
      lead={texts.readersLead}
      tabs={<PassTabs />}
      query={useReaders()}
      rowKey={(reader) => reader.id}
      useColumns={(rows, onEdit) => useColumns(rows, setReported, onEdit)}
      form={{
        label: texts.makeReader,
        render: (reader, close) => <ReaderForm reader={reader} onClose={close} />,
      }}
      empty={READERS_EMPTY}
    >
      <Rule />
      {reported && <ReaderReportDialog reader={reported} onClose={() => setReported(null)} />}
    </ResourcePage>
  )
}

function useColumns(
  readers: readonly Reader[],
  onReport: (reader: Reader) => void,
  onEdit?: (reader: Reader) => void,
): Column<Reader>[] {
  const reports = useReaderReports(readers).data
  return [
    {
      title: texts.reader,
      sort: (reader) => reader.attributes.name,
      cell: (reader) =>
        onEdit ? (
          <button type="button" class="link" onClick={() => onEdit(reader)}>
            {reader.attributes.name}
          </button>
        ) : (
          reader.attributes.name
        ),
    },
    { title: texts.readerId, wideOnly: true, cell: (reader) => <code>{reader.id}</code> },
    {
      title: texts.signedIn,
      wideOnly: true,
      cell: (reader) => (reader.attributes.loggedIn ? texts.yes : texts.no),
    },
    {
      title: texts.lastSeen,
      wideOnly: true,
      cell: ({ attributes: { lastSeenAt } }) =>
        lastSeenAt ? formatAgo(lastSeenAt) : texts.never,
    },
    { title: texts.missing, cell: (reader) => <Missing report={reports?.get(reader.id)} /> },
    {
      title: texts.clock,
      wideOnly: true,
      cell: (reader) => <Clock report={reports?.get(reader.id)} />,
    },
    {
      title: texts.report,
      cell: (reader) => (
        <button
          type="button"
          class="small"
          aria-label={texts.reportOf(reader.attributes.name)}
          onClick={() => onReport(reader)}
        >
          {texts.report}
        </button>
      ),
    },
  ]
}
