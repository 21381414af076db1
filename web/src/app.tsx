import { QueryClient, QueryClientProvider } from '@tanstack/preact-query'
import type { ComponentType } from 'preact'
import { Suspense } from 'preact/compat'
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { Link, Route, Router, Switch, useLocation } from 'wouter-preact'
import { Refused } from './api/client'
import {
  currentSession,
  type Session,
  setPageSession,
  signOut,
  whenSessionFound,
} from './api/session'
import { publicPath } from './api/server'
import { Frame } from './frame'
import { Overview } from './pages/overview/Overview'
import { SignIn } from './pages/signin/SignIn'
import { Welcome } from './pages/signin/Welcome'
import { Boundary } from './parts/Boundary'
import { Leaving } from './parts/Leaving'
import { opened } from './parts/opened'
import { Page } from './parts/Page'
import { Loading, Problem } from './parts/States'
import { Addresses } from './state/Addresses'
import { SessionContext, type Signed } from './state/session'
import { strings } from './strings'

// The overview comes with the first load, the other pages when they are opened.
const pages: [string, ComponentType<any>][] = [
  ['/trust/:view?', opened(() => import('./pages/trust/Trust'))],
  ['/events', opened(() => import('./pages/events/Events'))],
  ['/events/:id', opened(() => import('./pages/events/EventDetail'))],
  ['/settings', opened(() => import('./pages/settings/Settings'))],
  ['/codes', opened(() => import('./pages/codes/Codes'))],
  ['/codes/new', opened(() => import('./pages/codes/NewCode'))],
  ['/codes/sheet', opened(() => import('./pages/codes/Sheet'))],
  ['/codes/:id', opened(() => import('./pages/codes/Code'))],
  ['/codes/:id/design', opened(() => import('./pages/codes/Design'))],
  ['/trackers', opened(() => import('./pages/trackers/Trackers'))],
  ['/trackers/:id', opened(() => import('./pages/trackers/Tracker'))],
  ['/programmes', opened(() => import('./pages/programmes/Programmes'))],
  ['/programmes/webhooks', opened(() => import('./pages/programmes/Webhooks'))],
  ['/programmes/:id', opened(() => import('./pages/programmes/Programme'))],
  ['/mailings', opened(() => import('./pages/mailings/Mailings'))],
  ['/mailings/:id', opened(() => import('./pages/mailings/Mailing'))],
  ['/offers', opened(() => import('./pages/offers/Offers'))],
  ['/offers/affiliates', opened(() => import('./pages/offers/Affiliates'))],
  ['/offers/:id', opened(() => import('./pages/offers/Offer'))],
  ['/passes', opened(() => import('./pages/passes/LiveScans'))],
  ['/passes/list', opened(() => import('./pages/passes/PassList'))],
  ['/passes/readers', opened(() => import('./pages/passes/Readers'))],
  ['/passes/:id', opened(() => import('./pages/passes/Pass'))],
]

/** Everything below is of one member: with another one nothing of it stays, neither answers of
 * the server nor what stands in forms. `null`: nobody is signed in; `undefined`: not known yet. */
export function App() {
  const [session, setSession] = useState<Session | null | undefined>(undefined)
  /** Who signed in beside this page, which was another's. */
  const [other, setOther] = useState<Session | null>(null)
  const [problem, setProblem] = useState<unknown>(null)
  const begin = useCallback((found: Session | null) => {
    setPageSession(found)
    setOther(null)
    setSession(found)
  }, [])
  const look = useCallback(() => {
    setProblem(null)
    currentSession().then(begin, setProblem)
  }, [begin])
  const current = useRef(session)
  current.current = session
  useEffect(() => {
    look()
    return whenSessionFound((found) => {
      const before = current.current
      if (found === null || !before || before.member.id === found.member.id) return begin(found)
      setPageSession(null)
      setOther(found)
    })
  }, [look, begin])
  const leave = useCallback(() => {
    signOut().then(() => begin(null), setProblem)
  }, [begin])
  const member = other || problem ? null : (session?.member.id ?? null)
  const queries = useQueriesOf(member)
  if (problem) return <Problem error={problem} retry={look} />
  return (
    <QueryClientProvider client={queries} key={member}>
      <Router base={`${publicPath}/dashboard`}>
        <Switch>
          <Route path="/welcome">
            <Welcome onSigned={begin} />
          </Route>
          <Route>
            {session === undefined ? (
              <Loading />
            ) : other !== null ? (
              <Another session={other} onGoOn={() => begin(other)} />
            ) : session === null ? (
              <SignIn onSigned={begin} />
            ) : (
              <Pages session={session} leave={leave} />
            )}
          </Route>
        </Switch>
      </Router>
    </QueryClientProvider>
  )
}

/** The answers that a member's pages keep, in a cache that ends with the member: what arrives late is
 * put into the cache of the member who requested it. */
function useQueriesOf(member: number | null): QueryClient {
  const queries = useMemo(newQueries, [member])
  useEffect(() => () => queries.clear(), [queries])
  return queries
}

function newQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // What was refused stays refused; an unreachable or busy server may be back.
        retry: (count, error) =>
          count < 2 && error instanceof Refused && (error.status === 0 || error.status === 503),
      },
    },
  })
}

function Pages(props: { session: Session; leave: () => void }) {
  const { session, leave } = props
  const [place] = useLocation()
  const signed = useMemo<Signed>(() => {
    const mayAdmin = session.scopes.includes('admin')
    return { session, mayAdmin, mayWrite: mayAdmin || session.scopes.includes('write'), leave }
  }, [session, leave])
  return (
    <SessionContext.Provider value={signed}>
      <Leaving>
        <Addresses>
          <Frame>
            <Boundary of={place}>
              <Suspense fallback={<Loading lines={8} />}>
                <Switch>
                  <Route path="/" component={Overview} />
                  {pages.map(([path, page]) => (
                    <Route key={path} path={path} component={page} />
                  ))}
                  <Route component={Nowhere} />
                </Switch>
              </Suspense>
            </Boundary>
          </Frame>
        </Addresses>
      </Leaving>
    </SessionContext.Provider>
  )
}

/** What this page showed was another member's. */
function Another(props: { session: Session; onGoOn: () => void }) {
  const { member, account } = props.session
  return (
    <main class="sign-in">
      <section class="card stack">
        <h1>{strings.session.anotherTitle}</h1>
        <p>{strings.session.another(member.email, account.name)}</p>
        <button type="button" class="primary" onClick={props.onGoOn}>
          {strings.session.goOn(member.email)}
        </button>
      </section>
    </main>
  )
}

function Nowhere() {
  return (
    <Page title={strings.common.notFound}>
      <Link href="/">{strings.common.toOverview}</Link>
    </Page>
  )
}
