import { Link, useLocation } from 'wouter-preact'
import { formatCount, formatDay } from '../../formats'
import { RangePicker } from '../../parts/RangePicker'
import { ResourcePage } from '../../parts/Resource'
import type { Column } from '../../parts/Table'
import { Count } from '../../parts/Waterfall'
import { strings } from '../../strings'
import { MailingForm } from './MailingForm'
import { type Emailing, type Numbers, subjectOf, useEmailings, useNumbersOf } from './queries'

const texts = strings.mailings

export default function Mailings() {
  const [, go] = useLocation()
  return (
    <ResourcePage
      title={texts.title}
      lead={texts.lead}
      query={useEmailings()}
      rowKey={(row) => row.id}
      href={(row) => `/mailings/${row.id}`}
      useColumns={useColumns}
      form={{
        label: texts.make,
        render: (_, close) => (
          <MailingForm onClose={close} onCreated={(id) => go(`/mailings/${id}?tab=recipients`)} />
        ),
      }}
      empty={{
        title: texts.emptyTitle,
        text: texts.empty,
        create: texts.make,
        curlLead: texts.emptyCurl,
        curl: {
          path: '/v4/publisher/links',
          body: { subject: 'Spring', destinations: [{}, {}], links: ['https://example.org/sale'] },
        },
      }}
      foot={<p class="note">{texts.newerInDays}</p>}
      actions={<RangePicker />}
    />
  )
}

function useColumns(rows: readonly Emailing[]): Column<Emailing>[] {
  const numbers = useNumbersOf(rows.map((row) => row.id))
  return [
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
      cell: (row) => countText(numbers(row.id)?.machine),
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
      cell: (row) => countText(numbers(row.id)?.bounce),
    },
  ]
}

function countText(count: number | undefined): string {
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
