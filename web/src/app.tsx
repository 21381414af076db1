import { useQueryClient } from '@tanstack/preact-query'
import type { ComponentType } from 'preact'
import { lazy, Suspense } from 'preact/compat'
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks'
import { Link, Route, Router, Switch } from 'wouter-preact'
import { Refused, whenSignedOut } from './api/client'
import { currentSession, type Session, signOut } from './api/session'
import { Frame } from './frame'
import { Overview } from './pages/overview/Overview'
import { SignIn } from './pages/signin/SignIn'
import { Welcome } from './pages/signin/Welcome'
import { Page } from './parts/Page'
import { Loading, Problem } from './parts/States'
import { SessionContext, type Signed } from './state/session'
import { strings } from './strings'

// The overview comes with the first load, the other pages when they are opened.
const pages: [string, ComponentType<any>][] = [
  ['/trust', lazy(() => import('./pages/trust/Trust'))],
  ['/events', lazy(() => import('./pages/events/Events'))],
  ['/events/:id', lazy(() => import('./pages/events/EventDetail'))],
  ['/settings', lazy(() => import('./pages/settings/Settings'))],
  ['/codes', lazy(() => import('./pages/codes/Codes'))],
  ['/codes/new', lazy(() => import('./pages/codes/NewCode'))],
  ['/codes/sheet', lazy(() => import('./pages/codes/Sheet'))],
  ['/codes/:id', lazy(() => import('./pages/codes/Code'))],
  ['/codes/:id/design', lazy(() => import('./pages/codes/Design'))],
  ['/trackers', lazy(() => import('./pages/trackers/Trackers'))],
  ['/trackers/:id', lazy(() => import('./pages/trackers/Tracker'))],
  ['/programmes', lazy(() => import('./pages/programmes/Programmes'))],
  ['/programmes/webhooks', lazy(() => import('./pages/programmes/Webhooks'))],
  ['/programmes/:id', lazy(() => import('./pages/programmes/Programme'))],
  ['/mailings', lazy(() => import('./pages/mailings/Mailings'))],
  ['/mailings/:id', lazy(() => import('./pages/mailings/Mailing'))],
  ['/offers', lazy(() => import('./pages/offers/Offers'))],
  ['/offers/affiliates', lazy(() => import('./pages/offers/Affiliates'))],
  ['/offers/:id', lazy(() => import('./pages/offers/Offer'))],
  ['/passes', lazy(() => import('./pages/passes/Doors'))],
  ['/passes/list', lazy(() => import('./pages/passes/PassList'))],
  ['/passes/readers', lazy(() => import('./pages/passes/Readers'))],
  ['/passes/:id', lazy(() => import('./pages/passes/Pass'))],
]

/** `null`: nobody is signed in; `undefined`: not known yet. */
export function App() {
  const [session, setSession] = useState<Session | null | undefined>(undefined)
  const [problem, setProblem] = useState<unknown>(null)
  const queries = useQueryClient()
  const look = useCallback(() => {
    setProblem(null)
    currentSession().then(setSession, (error: unknown) => {
      if (error instanceof Refused && error.status === 401) setSession(null)
      else setProblem(error)
    })
  }, [])
  useEffect(() => {
    whenSignedOut(() => setSession(null))
    look()
  }, [look])
  const signed = useMemo<Signed | null>(() => {
    if (!session) return null
    const mayAdmin = session.scopes.includes('admin')
    return {
      session,
      mayAdmin,
      mayWrite: mayAdmin || session.scopes.includes('write'),
      leave: () => {
        void signOut().finally(() => {
          queries.clear()
          setSession(null)
        })
      },
    }
  }, [session, queries])
  if (problem) return <Problem error={problem} retry={look} />
  return (
    <Router base="/dashboard">
      <Switch>
        <Route path="/welcome">
          <Welcome onSigned={setSession} />
        </Route>
        <Route>
          {session === undefined ? (
            <Loading />
          ) : signed === null ? (
            <SignIn onSigned={setSession} />
          ) : (
            <SessionContext.Provider value={signed}>
              <Frame>
                <Suspense fallback={<Loading lines={8} />}>
                  <Switch>
                    <Route path="/" component={Overview} />
                    {pages.map(([path, page]) => (
                      <Route key={path} path={path} component={page} />
                    ))}
                    <Route component={Nowhere} />
                  </Switch>
                </Suspense>
              </Frame>
            </SessionContext.Provider>
          )}
        </Route>
      </Switch>
    </Router>
  )
}

function Nowhere() {
  return (
    <Page title={strings.common.notFound}>
      <Link href="/">{strings.common.toOverview}</Link>
    </Page>
  )
}
