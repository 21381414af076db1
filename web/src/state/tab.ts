/** Which part of a page is open: in the address, so that a link shows the same. */
import { useSearchParams } from 'wouter-preact'

export function useTab(first: string): [string, (tab: string) => void] {
  const [search, setSearch] = useSearchParams()
  return [
    search.get('tab') ?? first,
    (tab) =>
      setSearch((before) => {
        const next = new URLSearchParams(before)
        if (tab === first) next.delete('tab')
        else next.set('tab', tab)
        return next
      }),
  ]
}
