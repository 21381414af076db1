import { useState } from 'preact/hooks'
import { Link, useParams } from 'wouter-preact'
import { Refused } from '../../api/client'
import { Tabs } from '../../parts/Field'
import { Page } from '../../parts/Page'
import { RangePicker } from '../../parts/RangePicker'
import { Loading, Problem } from '../../parts/States'
import { useSigned } from '../../state/session'
import { useTab } from '../../state/tab'
import { strings } from '../../strings'
import { Ambassadors } from './Ambassadors'
import { Earnings } from './Earnings'
import { Posters } from './Posters'
import { ProgrammeForm } from './ProgrammeForm'
import { useProgram } from './queries'
import { Referrals } from './Referrals'
import { Report } from './Report'

const texts = strings.programmes
const PARTS = {
  report: Report,
  posters: Posters,
  ambassadors: Ambassadors,
  referrals: Referrals,
  earnings: Earnings,
} as const
const NAMES = [
  ['report', texts.report],
  ['posters', texts.posters],
  ['ambassadors', texts.ambassadors],
  ['referrals', texts.referrals],
  ['earnings', texts.earnings],
] as const

/** One programme: its report, and what belongs to it. */
export default function Programme() {
  const { id = '' } = useParams<{ id: string }>()
  const program = useProgram(id)
  const [tab, setTab] = useTab('report')
  const [editing, setEditing] = useState(false)
  const { mayWrite } = useSigned()
  if (program.error) {
    const gone = program.error instanceof Refused && program.error.status === 404
    return (
      <Page title={gone ? texts.notFound : texts.title}>
        {!gone && <Problem error={program.error} retry={() => void program.refetch()} />}
        <p>
          <Link href="/programmes">{texts.toList}</Link>
        </p>
      </Page>
    )
  }
  if (!program.data) return <Loading lines={10} />
  const Part = PARTS[tab as keyof typeof PARTS] ?? Report
  return (
    <Page
      title={program.data.name}
      lead={
        <a href={program.data.landing_url} rel="noreferrer" class="wraps">
          {program.data.landing_url}
        </a>
      }
      actions={
        <>
          <RangePicker />
          {mayWrite && (
            <button type="button" onClick={() => setEditing(true)}>
              {texts.edit}
            </button>
          )}
        </>
      }
    >
      <div class="spaced">
        <Tabs name={texts.parts} value={tab} options={NAMES} onValue={setTab} />
      </div>
      <Part program={program.data} />
      {editing && <ProgrammeForm program={program.data} onClose={() => setEditing(false)} />}
    </Page>
  )
}
