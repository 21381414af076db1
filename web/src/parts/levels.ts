/** The colours of a map: each stands for a range of counts. */

const LEVELS = 5

/** At most five ranges of whole numbers from 1 up to the greatest count, first and last included.
 * Each is about as many times wider than the one before, since one large country would leave all
 * others in the first; their ends are rounded to one digit. */
export function levelsUpTo(most: number): [number, number][] {
  const ranges: [number, number][] = []
  let first = 1
  for (let level = 1; level <= LEVELS && first <= most; level += 1) {
    const last = level === LEVELS ? most : Math.min(most, rounded(most ** (level / LEVELS)))
    if (last < first) continue
    ranges.push([first, last])
    first = last + 1
  }
  return ranges
}

/** The number of the range that has the count, from 1; 0 for none. */
export function levelOf(count: number, ranges: readonly (readonly [number, number])[]): number {
  return count < 1 ? 0 : 1 + ranges.findIndex(([, last]) => count <= last)
}

function rounded(number: number): number {
  const unit = 10 ** Math.floor(Math.log10(number))
  return Math.ceil(number / unit) * unit
}
