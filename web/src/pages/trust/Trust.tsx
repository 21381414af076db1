import { Redirect, useParams } from 'wouter-preact'
import { Page } from '../../parts/Page'
import { Places } from '../../parts/Places'
import { strings } from '../../strings'
import { Archives } from './Archives'
import { Books } from './Books'
import { Erasure } from './Erasure'
import { Policies } from './Policies'
import { Retention } from './Retention'

const VIEWS = {
  books: Books,
  retention: Retention,
  policies: Policies,
  erasure: Erasure,
  archives: Archives,
}
type View = keyof typeof VIEWS

const HOME = '/trust'
const PLACES = Object.entries(strings.trust.views).map(
  ([view, name]) => [view === 'books' ? HOME : `${HOME}/${view}`, name] as const,
)

export default function Trust() {
  const { view = 'books' } = useParams<{ view?: string }>()
  if (!Object.hasOwn(VIEWS, view)) return <Redirect to={HOME} replace />
  const Shown = VIEWS[view as View]
  return (
    <Page
      title={strings.trust.title}
      lead={strings.trust.lead}
      actions={<Places name={strings.trust.title} places={PLACES} />}
    >
      <Shown />
    </Page>
  )
}
