import { Places } from '../../parts/Places'
import { strings } from '../../strings'

const texts = strings.passes

const PLACES = [
  ['/passes', texts.places.live],
  ['/passes/list', texts.places.list],
  ['/passes/readers', texts.places.readers],
] as const

/** Links between the pages of passes. */
export function PassTabs() {
  return <Places name={texts.title} places={PLACES} />
}
