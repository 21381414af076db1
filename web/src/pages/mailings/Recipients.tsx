import { Plus } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { formatCount, formatDay } from '../../formats'
import { Command } from '../../parts/Copy'
import { Card } from '../../parts/Page'
import { More } from '../../parts/Paged'
import { Answer, Empty } from '../../parts/States'
import { Table } from '../../parts/Table'
import type { Call } from '../../shell'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { AddRecipients } from './AddRecipients'
import { OneRecipient } from './OneRecipient'
import { type Destination, type Emailing, useDestinations } from './questions'

const texts = strings.mailings

/** Who gets the mailing, the newest first. */
export function Recipients(props: { emailing: Emailing }) {
  const { emailing } = props
  const destinations = useDestinations(emailing.id)
  const [open, setOpen] = useState<Destination | 'add' | null>(null)
  const { mayWrite } = useSigned()
  return (
    <Card
      title={`${texts.recipients}: ${formatCount(Number(emailing.destinations))}`}
      actions={
        mayWrite && (
          <button type="button" class="primary" onClick={() => setOpen('add')}>
            <Plus size={16} aria-hidden="true" /> {texts.addRecipients}
          </button>
        )
      }
    >
      <Answer of={destinations} lines={8}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={texts.recipientsEmpty}>
              <p>{texts.recipientsEmptyText}</p>
              <p>{texts.orCurl}</p>
              <Command call={exampleOf(emailing.id)} />
            </Empty>
          ) : (
            <>
              <List rows={rows} onShow={mayWrite ? setOpen : null} />
              <p class="note">{texts.newer}</p>
              <More of={destinations} />
            </>
          )
        }
      </Answer>
      {open === 'add' && <AddRecipients emailing={emailing} onClose={() => setOpen(null)} />}
      {open !== null && open !== 'add' && (
        <OneRecipient
          emailing={emailing}
          destination={open.internal}
          onClose={() => setOpen(null)}
        />
      )}
    </Card>
  )
}

export function exampleOf(emailing: string): Call {
  return {
    path: `/v4/publisher/emailing/${encodeURIComponent(emailing)}/links`,
    body: { destinations: [{}, {}, {}], links: ['https://example.org/sale'] },
  }
}

function List(props: { rows: Destination[]; onShow: ((one: Destination) => void) | null }) {
  const { onShow } = props
  const show = {
    title: texts.inMail,
    cell: (row: Destination) => (
      <button
        type="button"
        class="small"
        aria-label={texts.showOf(row.internal)}
        onClick={() => onShow?.(row)}
      >
        {texts.show}
      </button>
    ),
  }
  return (
    <Table
      name={texts.recipients}
      rows={props.rows}
      rowKey={(row) => row.internal}
      columns={[
        { title: texts.number, cell: (row) => row.internal },
        { title: texts.profile, wideOnly: true, cell: (row) => row.profile ?? '–' },
        { title: texts.sent, cell: (row) => formatDay(row.timestampsent) },
        ...(onShow ? [show] : []),
      ]}
    />
  )
}
