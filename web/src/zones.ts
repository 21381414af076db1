/** Time zones as people look for them: by city, by country, by an older name, by offset from UTC. */

export interface Zone {
  /** Today's name in the time zone database. */
  name: string
  /** `+05:30` */
  utc_offset: string
  aliases: string[]
  /** What its country is called, "" for none. */
  countryName: string
}

export interface FoundZone {
  zone: Zone
  /** The older name that was looked for, where neither the name nor the country is it. */
  alias?: string
}

const OFFSET = /^(utc|gmt)?\s*([+-])?\s*(\d{0,2})(?:(:)(\d{0,2})|(\d{2}))?$/

/** Those that the text may mean, the likeliest first; all for an empty one. */
export function searchZones(zones: readonly Zone[], text: string): FoundZone[] {
  const typed = plain(text).trim()
  const offset = offsetTyped(typed)
  if (offset !== null)
    return zones.filter((zone) => isAt(zone, offset)).map((zone) => ({ zone }))
  const words = wordsOf(typed)
  if (words.length === 0) return zones.map((zone) => ({ zone }))
  const found = zones.flatMap((zone) => {
    const one = matched(zone, words)
    return one ? [one] : []
  })
  return found
    .sort((a, b) => a.rank - b.rank)
    .map(({ zone, alias }) => (alias === undefined ? { zone } : { zone, alias }))
}

/** The zone with this name, of today or older. */
export function zoneNamed(zones: readonly Zone[], name: string): Zone | undefined {
  return (
    zones.find((zone) => zone.name === name) ?? zones.find((zone) => zone.aliases.includes(name))
  )
}

/** America/Argentina/Buenos_Aires as Buenos Aires; UTC and Etc/GMT+5 as they are. */
export function cityOf(name: string): string {
  if (name.startsWith('Etc/')) return name
  return name.slice(name.lastIndexOf('/') + 1).replaceAll('_', ' ')
}

/** The beginning of an offset, or null for what is none: `utc+5` and `+0530` name one, `+05:3` a few. */
function offsetTyped(typed: string): string | null {
  const [, prefix, sign, hours, colon, begun, minutes] = OFFSET.exec(typed) ?? []
  // A number alone may be anything.
  if (hours === undefined || (!prefix && !sign && !colon)) return null
  if (hours === '') return sign ?? null
  const after = minutes ?? begun ?? '00'
  return `${sign ?? '+'}${hours.padStart(2, '0')}:${after}`
}

function isAt(zone: Zone, offset: string): boolean {
  // Zero has no sign.
  const wanted = offset.startsWith('-00:00') ? `+${offset.slice(1)}` : offset
  return zone.utc_offset.startsWith(wanted)
}

function matched(zone: Zone, words: string[]): (FoundZone & { rank: number }) | undefined {
  const city = wordsOf(plain(cityOf(zone.name)))
  const names = [...city, ...wordsOf(plain(zone.name))]
  const country = wordsOf(plain(zone.countryName))
  const inCity = beginEach(city, words)
  // India is the country before it is the beginning of Indianapolis; of Mexico, Mexico City is first.
  if (words.join(' ') === country.join(' ')) return { zone, rank: inCity ? 0 : 1 }
  if (inCity) return { zone, rank: 2 }
  if (beginEach(names, words)) return { zone, rank: 3 }
  if (beginEach([...country, ...names], words)) return { zone, rank: 4 }
  const alias = zone.aliases.find((one) => beginEach(wordsOf(plain(one)), words))
  return alias === undefined ? undefined : { zone, alias, rank: 5 }
}

/** Whether each word is the beginning of one of these. */
function beginEach(those: string[], words: string[]): boolean {
  return words.every((word) => those.some((one) => one.startsWith(word)))
}

function wordsOf(text: string): string[] {
  return text.split(/[\s/_,.()]+/).filter(Boolean)
}

/** Without case and accents; a minus sign as it is typed. */
function plain(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[−–]/g, '-')
    .toLowerCase()
}
