import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { compareTexts, formatCount, formatCountry } from '../formats'
import { strings } from '../strings'
import { levelOf, levelsUpTo } from './levels'
import world from './world.json'

interface Shape {
  /** ISO 3166-1 alpha-2, and XK. */
  code: string
  /** Its centre, its largest side and its smallest one, in units of the view box. */
  x: number
  y: number
  size: number
  narrow: number
  path: string
}

const { width, height, grid } = world
// The largest first: what is painted later lies above.
const shapes = (world.shapes as Shape[]).toSorted((a, b) => b.size - a.size)
const byCode = new Map(shapes.map((shape) => [shape.code, shape]))

/** Smaller shapes have a dot, in units of the view box. */
const DOTTED = 5
/** CSS pixels of the smallest target (WCAG 2.5.8). */
const TARGET = 24
/** So many of the countries that are too small to touch, before a button shows all. */
const SMALL_FIRST = 8

interface Country {
  shape: Shape
  count: number
  level: number
  /** Its place among all by count, from 1. */
  place: number
}

/** Countries by count. One that has events can be picked: a listbox whose options are its shapes, with
 * one stop for Tab, and arrows from the greatest to the least. */
export default function WorldMap(props: {
  counts: Map<string, number>
  total: number
  name: string
  picked: string | null
  onPick: (code: string | null) => void
}) {
  const { counts, picked, onPick } = props
  const [over, setOver] = useState<string>()
  const [focused, setFocused] = useState<string>()
  const svg = useRef<SVGSVGElement>(null)
  const ranges = useMemo(() => levelsUpTo(Math.max(0, ...counts.values())), [counts])
  const countries = useMemo(() => countriesOf(counts, ranges), [counts, ranges])
  const scale = useScale(svg)
  const pick = (code: string) => onPick(code === picked ? null : code)
  const describe = (code: string) => {
    const count = counts.get(code) ?? 0
    return strings.overview.mapCount(formatCountry(code), count, count / Math.max(1, props.total))
  }
  const visible = over ?? focused
  return (
    <figure class="map">
      <svg
        ref={svg}
        viewBox={`0 0 ${width} ${height}`}
        onPointerMove={(event) => setOver(countryAt(event, countries))}
        onPointerLeave={() => setOver(undefined)}
        class={over === undefined ? undefined : 'over'}
        onClick={(event) => {
          // A screen reader's click has no place.
          const code = event.detail === 0 ? codeAt(event) : countryAt(event, countries)
          if (code !== undefined) pick(code)
        }}
      >
        <Blank without={counts} />
        <g
          role="listbox"
          aria-label={props.name}
          aria-orientation="vertical"
          onKeyDown={(event) => {
            const code = codeAt(event)
            if (code === undefined) return
            const next = moved(event.key, code, countries)
            if (event.key === 'Enter' || event.key === ' ') pick(code)
            else if (next === undefined) return
            else svg.current?.querySelector<SVGGElement>(`[data-code="${next}"]`)?.focus()
            event.preventDefault()
          }}
        >
          {countries.map((one) => (
            <Option
              key={one.shape.code}
              country={one}
              label={describe(one.shape.code)}
              of={countries.length}
              picked={one.shape.code === picked}
              stop={isStop(one, countries, focused ?? picked)}
              onFocus={setFocused}
            />
          ))}
        </g>
        <Outline code={picked} kind="picked" />
        <Outline code={over} kind="over" />
        <Outline code={focused} kind="focus" />
      </svg>
      <figcaption class="between">
        <span>{visible === undefined ? strings.overview.mapHow : describe(visible)}</span>
        <Legend ranges={ranges} />
      </figcaption>
      <SmallCountries
        countries={countries.filter(({ shape }) => shape.narrow * scale < TARGET)}
        picked={picked}
        onPick={pick}
      />
      <Elsewhere counts={counts} />
    </figure>
  )
}

/** CSS pixels of a unit of the view box. */
function useScale(svg: { current: SVGSVGElement | null }): number {
  const [scale, setScale] = useState(1)
  useLayoutEffect(() => {
    if (svg.current === null) return
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setScale(entry.contentRect.width / width)
    })
    observer.observe(svg.current)
    return () => observer.disconnect()
  }, [svg])
  return scale
}

/** On a phone: buttons for countries whose shapes are too small to touch, the greatest count first. */
function SmallCountries(props: {
  countries: Country[]
  picked: string | null
  onPick: (code: string) => void
}) {
  const { countries, picked } = props
  const [whole, setWhole] = useState(false)
  if (countries.length === 0) return null
  const order = countries.toSorted((a, b) => a.place - b.place)
  return (
    <div class="small-countries">
      <p class="note">{strings.overview.mapSmall}</p>
      <ul class="row" aria-label={strings.overview.mapSmall}>
        {order.slice(0, whole ? order.length : SMALL_FIRST).map(({ shape, count }) => (
          <li key={shape.code}>
            <button
              type="button"
              class="small"
              aria-pressed={shape.code === picked}
              onClick={() => props.onPick(shape.code)}
            >
              {formatCountry(shape.code)} <span class="note">{formatCount(count)}</span>
            </button>
          </li>
        ))}
      </ul>
      {!whole && order.length > SMALL_FIRST && (
        <button type="button" class="quiet small" onClick={() => setWhole(true)}>
          {strings.common.allOf(order.length)}
        </button>
      )}
    </div>
  )
}

function countriesOf(counts: Map<string, number>, ranges: [number, number][]): Country[] {
  const order = [...counts].sort((a, b) => b[1] - a[1]).map(([code]) => code)
  const places = new Map(order.filter((code) => byCode.has(code)).map((code, at) => [code, at + 1]))
  return shapes.flatMap((shape) => {
    const [place, count] = [places.get(shape.code), counts.get(shape.code)]
    return place && count ? [{ shape, count, level: levelOf(count, ranges), place }] : []
  })
}

/** The one that Tab comes to: where it was, else the greatest. */
function isStop(one: Country, all: Country[], at: string | null | undefined): boolean {
  const there = all.some((country) => country.shape.code === at)
  return there ? one.shape.code === at : one.place === 1
}

/** All without events. They say nothing: the caption has their names. */
function Blank(props: { without: Map<string, number> }) {
  return useMemo(
    () => (
      <g aria-hidden="true" transform={`scale(${1 / grid})`}>
        {shapes
          .filter((shape) => !props.without.has(shape.code))
          .map((shape) => (
            <path key={shape.code} d={shape.path} class="level-0" />
          ))}
      </g>
    ),
    [props.without],
  )
}

function Option(props: {
  country: Country
  label: string
  of: number
  picked: boolean
  stop: boolean
  onFocus: (code: string | undefined) => void
}) {
  const { shape, level, place } = props.country
  return (
    <g
      role="option"
      aria-label={props.label}
      aria-selected={props.picked}
      aria-posinset={place}
      aria-setsize={props.of}
      data-code={shape.code}
      class={`level-${level}`}
      tabindex={props.stop ? 0 : -1}
      onFocus={(event) =>
        props.onFocus(event.currentTarget.matches(':focus-visible') ? shape.code : undefined)
      }
      onBlur={() => props.onFocus(undefined)}
    >
      <path d={shape.path} transform={`scale(${1 / grid})`} />
      {shape.size < DOTTED && <circle cx={shape.x} cy={shape.y} />}
    </g>
  )
}

/** Around a country, above its neighbours. */
function Outline(props: { code: string | null | undefined; kind: 'picked' | 'over' | 'focus' }) {
  const shape = byCode.get(props.code ?? '')
  if (!shape) return null
  return (
    <g class={`outline ${props.kind}`} aria-hidden="true">
      <path d={shape.path} transform={`scale(${1 / grid})`} />
      {shape.size < 2 * DOTTED && <circle cx={shape.x} cy={shape.y} />}
    </g>
  )
}

function Legend(props: { ranges: [number, number][] }) {
  return (
    <ul class="levels" aria-label={strings.overview.mapLegend}>
      <li class="level-0">{formatCount(0)}</li>
      {props.ranges.map(([first, last], at) => (
        <li key={first} class={`level-${at + 1}`}>
          {first === last ? formatCount(first) : `${formatCount(first)}–${formatCount(last)}`}
        </li>
      ))}
    </ul>
  )
}

/** What the map cannot show. */
function Elsewhere(props: { counts: Map<string, number> }) {
  const unknown = props.counts.get('') ?? 0
  const names = [...props.counts.keys()]
    .filter((code) => code !== '' && !byCode.has(code))
    .map(formatCountry)
    .sort(compareTexts)
  if (unknown === 0 && names.length === 0) return null
  return (
    <p class="note">
      {[
        names.length > 0 && strings.overview.mapShapeless(names),
        unknown > 0 && strings.overview.mapUnknown(unknown),
      ]
        .filter(Boolean)
        .join(' ')}
    </p>
  )
}

function codeAt(event: Event): string | undefined {
  return (event.target as Element).closest<SVGGElement>('[data-code]')?.dataset['code']
}

/** The country with events that a pointer means. One too small to point at has a target around its
 * centre, where no other small one lies. */
function countryAt(
  event: MouseEvent & { currentTarget: SVGSVGElement },
  countries: Country[],
): string | undefined {
  const box = event.currentTarget.getBoundingClientRect()
  const scale = box.width / width
  const isSmall = ({ shape }: Country) => shape.size * scale < TARGET
  const direct = countries.find(({ shape }) => shape.code === codeAt(event))
  if (direct && isSmall(direct)) return direct.shape.code
  const [x, y] = [event.clientX - box.left, event.clientY - box.top]
  const [nearest] = countries
    .filter(isSmall)
    .map(({ shape }) => ({
      code: shape.code,
      away: Math.hypot(shape.x * scale - x, shape.y * scale - y),
    }))
    .filter(({ away }) => away <= TARGET / 2)
    .sort((a, b) => a.away - b.away)
  return nearest?.code ?? direct?.shape.code
}

/** Where a key leads from a country: by count, or to the next one whose name begins so. */
function moved(key: string, from: string, countries: Country[]): string | undefined {
  const order = countries.toSorted((a, b) => a.place - b.place).map(({ shape }) => shape.code)
  const at = order.indexOf(from)
  if (key === 'ArrowRight' || key === 'ArrowDown') return order[Math.min(at + 1, order.length - 1)]
  if (key === 'ArrowLeft' || key === 'ArrowUp') return order[Math.max(at - 1, 0)]
  if (key === 'Home') return order[0]
  if (key === 'End') return order.at(-1)
  if (key.length !== 1 || key === ' ') return undefined
  const following = [...order.slice(at + 1), ...order.slice(0, at + 1)]
  return following.find((code) => formatCountry(code).toLowerCase().startsWith(key.toLowerCase()))
}
