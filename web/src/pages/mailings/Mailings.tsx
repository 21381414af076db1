import { Plus } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { formatCount, formatDay } from '../../formats'
import { Command } from '../../parts/Copy'
import { Card, Page } from '../../parts/Page'
import { More } from '../../parts/Paged'
import { RangePicker } from '../../parts/RangePicker'
import { Answer, Empty } from '../../parts/States'
import { Table } from '../../parts/Table'
import { Count } from '../../parts/Waterfall'
import type { Call } from '../../shell'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { MailingForm } from './MailingForm'
import { type Emailing, type Numbers, subjectOf, useEmailings, useNumbersOf } from './questions'

const texts = strings.mailings

export default function Mailings() {
  const [making, setMaking] = useState(false)
  const emailings = useEmailings()
  const { mayWrite } = useSigned()
  const [, go] = useLocation()
  return (
    <Page
      title={texts.title}
      lead={texts.lead}
      actions={
        <>
          <RangePicker />
          {mayWrite && (
            <button type="button" class="primary" onClick={() => setMaking(true)}>
              <Plus size={16} aria-hidden="true" /> {texts.make}
            </button>
          )}
        </>
      }
    >
      <Card>
        <Answer of={emailings} lines={6}>
          {(rows) =>
            rows.length === 0 ? (
              <Nothing onMake={mayWrite ? () => setMaking(true) : null} />
            ) : (
              <>
                <List rows={rows} />
                <p class="note">{texts.newerInDays}</p>
                <More of={emailings} />
              </>
            )
          }
        </Answer>
      </Card>
      {making && (
        <MailingForm
          onClose={() => setMaking(false)}
          onMade={(id) => go(`/mailings/${id}?tab=recipients`)}
        />
      )}
    </Page>
  )
}

function List(props: { rows: Emailing[] }) {
  const numbers = useNumbersOf(props.rows.map((row) => row.id))
  const [, go] = useLocation()
  return (
    <Table
      name={texts.title}
      rows={props.rows}
      rowKey={(row) => row.id}
      onOpen={(row) => go(`/mailings/${row.id}`)}
      columns={[
        {
          title: texts.subject,
          cell: (row) => (
            <>
              <Link href={`/mailings/${row.id}`}>{subjectOf(row)}</Link>
              <span class="under">{formatDay(row.timestamp)}</span>
            </>
          ),
        },
        {
          title: texts.recipients,
          number: true,
          wideOnly: true,
          cell: (row) => formatCount(Number(row.destinations)),
        },
        {
          title: texts.opened,
          number: true,
          cell: (row) => <Counted row={row} kind="open" numbers={numbers(row.id)} />,
        },
        {
          title: texts.openedByMachines,
          number: true,
          wideOnly: true,
          cell: (row) => shown(numbers(row.id)?.machine),
        },
        {
          title: texts.clicks,
          number: true,
          cell: (row) => <Counted row={row} kind="click" numbers={numbers(row.id)} />,
        },
        {
          title: texts.bounced,
          number: true,
          wideOnly: true,
          cell: (row) => shown(numbers(row.id)?.bounce),
        },
      ]}
    />
  )
}

function shown(count: number | undefined): string {
  return count === undefined ? '…' : formatCount(count)
}

function Counted(props: { row: Emailing; kind: 'open' | 'click'; numbers: Numbers | null }) {
  const { row, kind, numbers } = props
  if (numbers === null) return <>…</>
  return (
    <Count
      value={numbers[kind]}
      filters={{ source: 'copernica', emailing: row.id, kind }}
      of={texts.of(texts.kinds[kind] ?? kind, subjectOf(row))}
    />
  )
}

function Nothing(props: { onMake: (() => void) | null }) {
  const call: Call = {
    path: '/v4/publisher/links',
    body: { subject: 'Spring', destinations: [{}, {}], links: ['https://example.org/sale'] },
  }
  return (
    <Empty title={texts.emptyTitle}>
      <p>{texts.empty}</p>
      {props.onMake && (
        <p>
          <button type="button" class="primary" onClick={props.onMake}>
            {texts.make}
          </button>
        </p>
      )}
      <p>{texts.emptyCurl}</p>
      <Command call={call} />
    </Empty>
  )
}
