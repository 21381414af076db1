import { useState } from 'preact/hooks'
import { Tabs } from '../../parts/Field'
import { Page } from '../../parts/Page'
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

export default function Trust() {
  const [view, setView] = useState<View>('books')
  const Shown = VIEWS[view]
  return (
    <Page
      title={strings.trust.title}
      lead={strings.trust.lead}
      actions={
        <Tabs
          name={strings.trust.title}
          value={view}
          options={Object.entries(strings.trust.views)}
          onValue={(picked) => setView(picked as View)}
        />
      }
    >
      <Shown />
    </Page>
  )
}
