import { Places } from '../../parts/Places'
import { strings } from '../../strings'

const words = strings.passes

const PLACES = [
  ['/passes', words.places.doors],
  ['/passes/list', words.places.list],
  ['/passes/readers', words.places.readers],
] as const

/** Links between the pages of passes. */
export function PassTabs() {
  return <Places name={words.title} places={PLACES} />
}
