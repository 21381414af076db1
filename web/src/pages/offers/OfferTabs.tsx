import { Places } from '../../parts/Places'
import { strings } from '../../strings'

const words = strings.offers

const PLACES = [
  ['/offers', words.places.offers],
  ['/offers/affiliates', words.places.affiliates],
] as const

/** Links between the pages of offers. */
export function OfferTabs() {
  return <Places name={words.title} places={PLACES} />
}
