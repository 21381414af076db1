import { useQuery } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { answered, native } from '../../api/client'
import type { components } from '../../api/types/native'
import { formatBytes, formatCount, formatMoment } from '../../formats'
import { Dialog } from '../../parts/Dialog'
import { ResourceCard } from '../../parts/Resource'
import { Answer } from '../../parts/States'
import type { Column } from '../../parts/Table'
import { useRange } from '../../state/range'
import { strings } from '../../strings'

type Deletion = components['schemas']['DeletionPage']['deletions'][number]

const texts = strings.trust
const ENDED = new Set(['done', 'failed'])

/** Deletion jobs (erasures, retention, archives), each with its report. */
export function Deletions() {
  const [{ zone }] = useRange()
  const [opened, setOpened] = useState<string | null>(null)
  const deletions = useQuery({
    queryKey: ['deletions'],
    queryFn: async () => (await answered(native.GET('/deletions'))).deletions,
    refetchInterval: ({ state }) =>
      state.data?.every((one) => ENDED.has(one.step)) ? 30_000 : 1_000,
  })
  return (
    <ResourceCard
      title={texts.receipts}
      query={deletions}
      lines={3}
      limit={12}
      rowKey={(one) => one.id}
      useColumns={() => columnsOf(zone, setOpened)}
      empty={texts.noReceipts}
    >
      {opened && <Receipt id={opened} onClose={() => setOpened(null)} />}
    </ResourceCard>
  )
}

function columnsOf(zone: string, onOpen: (id: string) => void): Column<Deletion>[] {
  const { receiptColumns: columns } = texts
  return [
    {
      title: columns.when,
      cell: (one) => (
        <button type="button" class="link" onClick={() => onOpen(one.id)}>
          {formatMoment(one.created_at, zone)}
        </button>
      ),
    },
    { title: columns.kind, cell: (one) => texts.kinds[one.kind] ?? one.kind },
    {
      title: columns.about,
      cell: (one) => (one.note ? `${one.about}. ${one.note}` : one.about),
      wideOnly: true,
    },
    { title: columns.events, cell: (one) => formatCount(one.events), number: true },
    {
      title: columns.step,
      cell: (one) => (
        <span class={one.step === 'failed' ? 'badge bad' : 'badge'}>
          {texts.steps[one.step] ?? one.step}
        </span>
      ),
    },
    {
      title: columns.freed,
      cell: (one) => {
        if (one.bytes_freed !== null) return formatBytes(one.bytes_freed)
        return ENDED.has(one.step) ? texts.freedUnknown : texts.freedLater
      },
      number: true,
      wideOnly: true,
    },
  ]
}

function Receipt(props: { id: string; onClose: () => void }) {
  const receipt = useQuery({
    queryKey: ['deletion', props.id],
    queryFn: () =>
      answered(native.GET('/deletions/{deletion}', { params: { path: { deletion: props.id } } })),
  })
  return (
    <Dialog title={texts.receipt} onClose={props.onClose} wide>
      <Answer of={receipt}>
        {(answer) => (
          <dl class="facts">
            {Object.entries(answer).map(([name, value]) => (
              <Fact key={name} name={name} value={value} />
            ))}
          </dl>
        )}
      </Answer>
    </Dialog>
  )
}

function Fact(props: { name: string; value: unknown }) {
  const { value } = props
  const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
  return (
    <>
      <dt>{props.name.replaceAll('_', ' ')}</dt>
      <dd>{value === null || text === '' ? '–' : text}</dd>
    </>
  )
}
