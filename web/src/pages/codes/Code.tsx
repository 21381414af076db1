import { Palette, Printer } from 'lucide-preact'
import { Link, useSearchParams } from 'wouter-preact'
import { Refused } from '../../api/client'
import { formatMoment } from '../../formats'
import { Analytics } from '../../parts/Analytics'
import { CopyButton } from '../../parts/Copy'
import { Tabs } from '../../parts/Field'
import { Card, Page } from '../../parts/Page'
import { RangePicker } from '../../parts/RangePicker'
import { Answer } from '../../parts/States'
import { useRange } from '../../state/range'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { Access } from './Access'
import { Destination } from './Destination'
import { Details } from './Details'
import { Status } from './Status'
import { Downloads, Symbol } from './Symbol'
import { type Code as CodeShown, nameOf, useCode, withoutScheme } from './queries'

const texts = strings.codes.one
const VIEWS = ['scans', 'destination', 'access', 'details'] as const

/** Everything about one code. What is looked at is in the address. */
export default function Code(props: { params: { id: string } }) {
  const { id } = props.params
  const code = useCode(id)
  if (code.error instanceof Refused && code.error.status === 404) return <Gone />
  const title = code.data ? nameOf(code.data) : strings.codes.list.code
  const { view } = useViews()
  return (
    <Page
      title={title}
      lead={code.data && <Status code={code.data} />}
      actions={view === 'scans' && <RangePicker />}
    >
      <Answer of={code} lines={12}>
        {(answer) => <Shown key={answer.id} code={answer} />}
      </Answer>
    </Page>
  )
}

export function Gone() {
  return (
    <Page title={strings.codes.list.code}>
      <Card>
        <p>{texts.notFound}</p>
        <p>
          <Link href="/codes">{texts.toList}</Link>
        </p>
      </Card>
    </Page>
  )
}

/** The views of a code that a member has, and the one that is shown. */
function useViews() {
  const { mayWrite } = useSigned()
  const [search, setSearch] = useSearchParams()
  const views = VIEWS.filter((view) => mayWrite || view === 'scans' || view === 'destination')
  const view = views.find((one) => one === search.get('show')) ?? 'scans'
  return { views, view, setSearch }
}

function Shown(props: { code: CodeShown }) {
  const { code } = props
  const { views, view, setSearch } = useViews()
  const show = (picked: string) =>
    setSearch((before) => {
      const next = new URLSearchParams(before)
      if (picked === 'scans') next.delete('show')
      else next.set('show', picked)
      return next
    })
  return (
    <>
      <Head code={code} onChange={() => show('destination')} />
      <p class="spaced">
        <Tabs
          name={texts.parts}
          value={view}
          options={views.map((one) => [one, texts.views[one] ?? one] as const)}
          onValue={show}
        />
      </p>
      {view === 'scans' && <Analytics filters={{ code: code.id }} of={texts.scans} />}
      {view === 'destination' && <Destination code={code} />}
      {view === 'access' && <Access code={code} />}
      {view === 'details' && <Details code={code} />}
    </>
  )
}

function Head(props: { code: CodeShown; onChange: () => void }) {
  const { code } = props
  const { mayWrite } = useSigned()
  const [range] = useRange()
  return (
    <Card class="beside code-head">
      <Symbol code={code} />
      <div class="stack">
        {code.status === 'paused' && (
          <p class="notice">
            {code.pause_until
              ? texts.pausedUntil(formatMoment(code.pause_until, range.zone))
              : texts.pausedNow}
          </p>
        )}
        <dl class="facts">
          <dt>{texts.shortLink}</dt>
          <dd class="row">
            <a href={code.short_url} target="_blank" rel="noreferrer">
              {withoutScheme(code.short_url)}
            </a>
            <CopyButton text={code.short_url} />
          </dd>
          <dt>{texts.leadsTo}</dt>
          <dd class="row">
            <a href={code.destination} target="_blank" rel="noreferrer">
              {withoutScheme(code.destination)}
            </a>
            {mayWrite && (
              <button type="button" class="quiet small" onClick={props.onChange}>
                {texts.change}
              </button>
            )}
          </dd>
        </dl>
        <div class="row">
          <Downloads id={code.id} name={nameOf(code)} />
          <Link href={`/codes/sheet?ids=${code.id}`} class="button small">
            <Printer size={14} aria-hidden="true" /> {texts.print}
          </Link>
          <Link href={`/codes/${code.id}/design`} class="button small">
            <Palette size={14} aria-hidden="true" /> {texts.design}
          </Link>
        </div>
      </div>
    </Card>
  )
}
