import { useState } from 'preact/hooks'
import { Link, useParams } from 'wouter-preact'
import { Refused } from '../../api/client'
import { formatDay } from '../../formats'
import { Tabs } from '../../parts/Field'
import { Page } from '../../parts/Page'
import { RangePicker } from '../../parts/RangePicker'
import { Loading, Problem } from '../../parts/States'
import { useSigned } from '../../state/session'
import { useTab } from '../../state/tab'
import { strings } from '../../strings'
import { InMail } from './InMail'
import { DeleteMailing, MailingForm } from './MailingForm'
import { subjectOf, useEmailing } from './queries'
import { Recipients } from './Recipients'
import { Report } from './Report'

const texts = strings.mailings
const PARTS = { report: Report, recipients: Recipients, mail: InMail } as const
const NAMES = [
  ['report', texts.report],
  ['recipients', texts.recipients],
  ['mail', texts.inMail],
] as const

/** One mailing: what came of it, who gets it, and what goes into it. */
export default function Mailing() {
  const { id = '' } = useParams<{ id: string }>()
  const emailing = useEmailing(id)
  const [tab, setTab] = useTab('report')
  const [open, setOpen] = useState<'edit' | 'delete' | null>(null)
  const { mayWrite } = useSigned()
  if (emailing.error) {
    // An unknown number is a 400 there.
    const gone = emailing.error instanceof Refused && emailing.error.status === 400
    return (
      <Page title={gone ? texts.notFound : texts.title}>
        {!gone && <Problem error={emailing.error} retry={() => void emailing.refetch()} />}
        <p>
          <Link href="/mailings">{texts.toList}</Link>
        </p>
      </Page>
    )
  }
  if (!emailing.data) return <Loading lines={10} />
  const Part = PARTS[tab as keyof typeof PARTS] ?? Report
  return (
    <Page
      title={subjectOf(emailing.data)}
      lead={`${texts.sent} ${formatDay(emailing.data.timestamp)}`}
      actions={
        <>
          {tab !== 'recipients' && <RangePicker />}
          {mayWrite && (
            <>
              <button type="button" onClick={() => setOpen('edit')}>
                {texts.edit}
              </button>
              <button type="button" class="quiet" onClick={() => setOpen('delete')}>
                {strings.common.remove}
              </button>
            </>
          )}
        </>
      }
    >
      <div class="spaced">
        <Tabs name={texts.parts} value={tab} options={NAMES} onValue={setTab} />
      </div>
      <Part emailing={emailing.data} />
      {open === 'edit' && <MailingForm emailing={emailing.data} onClose={() => setOpen(null)} />}
      {open === 'delete' && (
        <DeleteMailing emailing={emailing.data} onClose={() => setOpen(null)} />
      )}
    </Page>
  )
}
