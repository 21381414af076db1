import { Link, useLocation } from 'wouter-preact'
import { formatCount } from '../../formats'
import { RangePicker } from '../../parts/RangePicker'
import { ResourcePage } from '../../parts/Resource'
import type { Column } from '../../parts/Table'
import { strings } from '../../strings'
import { Counted } from './Counted'
import { ProgrammeForm } from './ProgrammeForm'
import { amountsText, byId, type Program, useCounts, useFunnel, usePrograms } from './queries'

const texts = strings.programmes

export default function Programmes() {
  const [, go] = useLocation()
  return (
    <ResourcePage
      title={texts.title}
      lead={texts.lead}
      query={usePrograms()}
      rowKey={(row) => row.id}
      href={(row) => `/programmes/${row.id}`}
      useColumns={useColumns}
      form={{
        label: texts.make,
        render: (_, close) => (
          <ProgrammeForm onClose={close} onCreated={(id) => go(`/programmes/${id}?tab=posters`)} />
        ),
      }}
      empty={{
        title: texts.emptyTitle,
        text: texts.empty,
        create: texts.make,
        curlLead: texts.emptyCurl,
        curl: {
          path: '/api/v1/programs',
          body: { name: 'Spring', landing_url: 'https://example.org/join' },
        },
      }}
      actions={
        <>
          <RangePicker />
          <Link href="/programmes/webhooks" class="button">
            {texts.webhooks}
          </Link>
        </>
      }
    />
  )
}

function useColumns(): Column<Program>[] {
  const countOf = useCounts('program', {})
  const stages = byId(useFunnel('program').data?.groups)
  return [
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
  ]
}
