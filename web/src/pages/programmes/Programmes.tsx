import { Plus } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { formatCount } from '../../formats'
import { Command } from '../../parts/Copy'
import { Card, Page } from '../../parts/Page'
import { More } from '../../parts/Paged'
import { RangePicker } from '../../parts/RangePicker'
import { Answer, Empty } from '../../parts/States'
import { Table } from '../../parts/Table'
import type { Call } from '../../shell'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { Counted } from './Counted'
import { ProgrammeForm } from './ProgrammeForm'
import { amountsText, byId, type Program, useCounts, useFunnel, usePrograms } from './questions'

const texts = strings.programmes

export default function Programmes() {
  const [making, setMaking] = useState(false)
  const programs = usePrograms()
  const { mayWrite } = useSigned()
  const [, go] = useLocation()
  return (
    <Page
      title={texts.title}
      lead={texts.lead}
      actions={
        <>
          <RangePicker />
          <Link href="/programmes/webhooks" class="button">
            {texts.webhooks}
          </Link>
          {mayWrite && (
            <button type="button" class="primary" onClick={() => setMaking(true)}>
              <Plus size={16} aria-hidden="true" /> {texts.make}
            </button>
          )}
        </>
      }
    >
      <Card>
        <Answer of={programs} lines={6}>
          {(rows) =>
            rows.length === 0 ? (
              <Nothing onMake={mayWrite ? () => setMaking(true) : null} />
            ) : (
              <>
                <List rows={rows} />
                <More of={programs} />
              </>
            )
          }
        </Answer>
      </Card>
      {making && (
        <ProgrammeForm
          onClose={() => setMaking(false)}
          onMade={(id) => go(`/programmes/${id}?tab=posters`)}
        />
      )}
    </Page>
  )
}

function List(props: { rows: Program[] }) {
  const countOf = useCounts('program', {})
  const stages = byId(useFunnel('program').data?.groups)
  const [, go] = useLocation()
  return (
    <Table
      name={texts.title}
      rows={props.rows}
      rowKey={(row) => row.id}
      onOpen={(row) => go(`/programmes/${row.id}`)}
      columns={[
        {
          title: texts.name,
          cell: (row) => (
            <>
              <Link href={`/programmes/${row.id}`}>{row.name}</Link>
              <span class="under">{row.landing_url.replace(/^https?:\/\//, '')}</span>
            </>
          ),
        },
        {
          title: texts.impressions,
          number: true,
          cell: (row) => (
            <Counted
              value={countOf(row.id)}
              filters={{ source: 'vantio', program: row.id }}
              of={texts.scansOf(row.name)}
            />
          ),
        },
        {
          title: texts.referrals,
          number: true,
          cell: (row) => formatCount(stages.get(row.id)?.referrals ?? 0),
        },
        {
          title: texts.converted,
          number: true,
          wideOnly: true,
          cell: (row) => formatCount(stages.get(row.id)?.converted ?? 0),
        },
        {
          title: texts.earned,
          number: true,
          wideOnly: true,
          cell: (row) => amountsText(stages.get(row.id)?.earnings?.amounts) || '–',
        },
      ]}
    />
  )
}

function Nothing(props: { onMake: (() => void) | null }) {
  const call: Call = {
    path: '/api/v1/programs',
    body: { name: 'Spring', landing_url: 'https://example.org/join' },
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
