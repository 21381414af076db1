import type { ComponentChildren } from 'preact'
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { useLocation, useSearch } from 'wouter-preact'
import { Edits, type Guard, GuardContext } from '../state/edits'
import { isSamePage } from '../state/range'
import { strings } from '../strings'
import { Dialog } from './Dialog'

/** Hears of a step through the history before the router does: listeners of the window are called in
 * the order in which they were added, and the router adds its own when the first page is drawn. */
let hearsFirst: ((event: PopStateEvent) => void) | null = null
addEventListener('popstate', (event) => hearsFirst?.(event))

/** Asks before the page with unsaved edits is left: links ask through the guard, Back and Forward and
 * the end of the tab are noticed here. */
export function Leaving(props: { children: ComponentChildren }) {
  const [go, setGo] = useState<(() => void) | null>(null)
  const guard = useMemo<Guard>(
    () => ({
      edits: new Edits(),
      leave: (edits, then) => (edits.unsaved() ? setGo(() => then) : then()),
    }),
    [],
  )
  useHistoryGuard(guard)
  useTabGuard(guard.edits)
  return (
    <GuardContext.Provider value={guard}>
      {props.children}
      {go && <Question onStay={() => setGo(null)} onLeave={go} />}
    </GuardContext.Provider>
  )
}

/** A step through the history cannot be prevented: the page's address is put on top again, before the
 * router hears of the step. So Back leads on from here to where it led. */
function useHistoryGuard(guard: Guard) {
  useLocation()
  useSearch()
  const page = useRef(location.href)
  useLayoutEffect(() => {
    page.current = location.href
  })
  useEffect(() => {
    let agreed = false
    function onStep(event: PopStateEvent) {
      const stays = agreed || !guard.edits.unsaved() || isSamePage(page.current, location.href)
      agreed = false
      if (stays) return
      event.stopImmediatePropagation()
      history.pushState(null, '', page.current)
      guard.leave(guard.edits, () => {
        agreed = true
        history.back()
      })
    }
    hearsFirst = onStep
    return () => {
      hearsFirst = null
    }
  }, [guard])
}

/** The tab is closed or loaded again: the browser asks, in its own words. */
function useTabGuard(edits: Edits) {
  useEffect(() => {
    function onUnload(event: BeforeUnloadEvent) {
      if (edits.unsaved()) event.preventDefault()
    }
    addEventListener('beforeunload', onUnload)
    return () => removeEventListener('beforeunload', onUnload)
  }, [edits])
}

function Question(props: { onStay: () => void; onLeave: () => void }) {
  const text = useId()
  return (
    <Dialog
      title={strings.common.unsavedTitle}
      role="alertdialog"
      describedBy={text}
      onClose={props.onStay}
    >
      <p id={text}>{strings.common.unsaved}</p>
      <footer class="dialog-foot">
        <button
          type="button"
          class="danger"
          onClick={() => {
            props.onStay()
            props.onLeave()
          }}
        >
          {strings.common.leave}
        </button>
        <button type="button" class="primary" autofocus onClick={props.onStay}>
          {strings.common.stay}
        </button>
      </footer>
    </Dialog>
  )
}
