/** The router of the pages that show a range of days. */
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useMemo } from 'preact/hooks'
import { Router, useSearch } from 'wouter-preact'
import { addressed, carried } from './range'

/** The range of days and the zone stand in every address, and every link and every navigation takes
 * them along. So a copied address shows the same numbers, and the back button the range of then. */
export function Addresses(props: { children: ComponentChildren }) {
  useSearch() // Only to be drawn when it changes: it is decoded once too often.
  const text = addressed(location.search).toString()
  useLayoutEffect(() => {
    // An address that was typed, or comes from elsewhere: the same entry of the history, completed.
    if (new URLSearchParams(location.search).toString() !== text)
      history.replaceState(history.state, '', `${location.pathname}?${text}${location.hash}`)
  })
  const along = useMemo(() => {
    const from = new URLSearchParams(text)
    return {
      hrefs: (path: string) => carried(path, from),
      aroundNav: (
        navigate: (path: string, options?: object) => void,
        path: string,
        options?: object,
      ) => navigate(carried(path, from), options),
    }
  }, [text])
  return <Router {...along}>{props.children}</Router>
}
