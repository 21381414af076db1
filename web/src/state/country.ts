/** The country that a page's numbers are of: in the address, as the list of events has its filters. */
import { useSearchParams } from 'wouter-preact'

const PARAMETER = 'f.country'

/** A code of ISO 3166-1, "" for events of no known country, or null for all; and how to change it. */
export function useCountry(): [string | null, (country: string | null) => void] {
  const [search, setSearch] = useSearchParams()
  return [
    search.get(PARAMETER),
    (country) =>
      setSearch((before) => {
        const next = new URLSearchParams(before)
        if (country === null) next.delete(PARAMETER)
        else next.set(PARAMETER, country)
        return next
      }),
  ]
}

/** These filters, and the country of the page. */
export function useWithCountry(filters: Record<string, string>): Record<string, string> {
  const [country] = useCountry()
  return country === null ? filters : { ...filters, country }
}
