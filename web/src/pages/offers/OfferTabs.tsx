import { Places } from '../../parts/Places'
import { strings } from '../../strings'

const texts = strings.offers

const PLACES = [
  ['/offers', texts.places.offers],
  ['/offers/affiliates', texts.places.affiliates],
] as const

/** Links between the pages of offers. */
export function OfferTabs() {
  return <Places name={texts.title} places={PLACES} />
}
