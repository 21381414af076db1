/** The router of the pages that show a range of days. */
import type { ComponentChildren } from 'preact'
import { useContext, useLayoutEffect, useMemo } from 'preact/hooks'
import { Router, useSearch } from 'wouter-preact'
import { GuardContext } from './edits'
import { addressed, carried, isSamePage } from './range'

/** The range of days and the zone stand in every address, and every link and every navigation takes
 * them along. So a copied address shows the same numbers, and the back button the range of then. A
 * page with unsaved edits asks before another one opens. */
export function Addresses(props: { children: ComponentChildren }) {
  useSearch() // Only to be drawn when it changes: it is decoded once too often.
  const text = addressed(location.search).toString()
  useLayoutEffect(() => {
    // An address that was typed, or comes from elsewhere: the same entry of the history, completed.
    if (new URLSearchParams(location.search).toString() !== text)
      history.replaceState(history.state, '', `${location.pathname}?${text}${location.hash}`)
  })
  const { edits, leave } = useContext(GuardContext)
  const along = useMemo(() => {
    const from = new URLSearchParams(text)
    return {
      hrefs: (path: string) => carried(path, from),
      aroundNav: (
        navigate: (path: string, options?: object) => void,
        path: string,
        options?: object,
      ) => {
        const go = () => navigate(carried(path, from), options)
        if (isSamePage(location.href, path)) go()
        else leave(edits, go)
      },
    }
  }, [text, edits, leave])
  return <Router {...along}>{props.children}</Router>
}
