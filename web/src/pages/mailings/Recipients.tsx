import { useState } from 'preact/hooks'
import { formatCount, formatDay } from '../../formats'
import { ResourceCard } from '../../parts/Resource'
import type { Column } from '../../parts/Table'
import type { Call } from '../../shell'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { AddRecipients } from './AddRecipients'
import { OneRecipient } from './OneRecipient'
import { type Destination, type Emailing, useDestinations } from './queries'

const texts = strings.mailings

/** The recipients of a mailing, the newest first. */
export function Recipients(props: { emailing: Emailing }) {
  const { emailing } = props
  const [visible, setVisible] = useState<Destination | null>(null)
  const { mayWrite } = useSigned()
  return (
    <ResourceCard
      title={`${texts.recipients}: ${formatCount(Number(emailing.destinations))}`}
      name={texts.recipients}
      query={useDestinations(emailing.id)}
      lines={8}
      rowKey={(row) => row.internal}
      useColumns={() => columnsOf(mayWrite ? setVisible : undefined)}
      form={{
        label: texts.addRecipients,
        render: (_, close) => <AddRecipients emailing={emailing} onClose={close} />,
      }}
      empty={{
        title: texts.recipientsEmpty,
        text: texts.recipientsEmptyText,
        curlLead: texts.orCurl,
        curl: exampleOf(emailing.id),
      }}
      foot={<p class="note">{texts.newer}</p>}
    >
      {visible && (
        <OneRecipient
          emailing={emailing}
          destination={visible.internal}
          onClose={() => setVisible(null)}
        />
      )}
    </ResourceCard>
  )
}

export function exampleOf(emailing: string): Call {
  return {
    path: `/v4/publisher/emailing/${encodeURIComponent(emailing)}/links`,
    body: { destinations: [{}, {}, {}], links: ['https://example.org/sale'] },
  }
}

function columnsOf(onShow?: (one: Destination) => void): Column<Destination>[] {
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
  return [
    { title: texts.number, cell: (row) => row.internal },
    { title: texts.profile, wideOnly: true, cell: (row) => row.profile ?? '–' },
    { title: texts.sent, cell: (row) => formatDay(row.timestampsent) },
    ...(onShow ? [show] : []),
  ]
}
