// The countries of the map as SVG paths, from Natural Earth's boundaries as world-atlas has them.
// That file gives territories with a code of their own in ISO 3166-1 to the states that they belong
// to: French Guiana is a part of France there. Here each has a shape of its own.
import { readFile, writeFile } from 'node:fs/promises'
import { geoArea, geoCentroid, geoDistance, geoEqualEarth, geoPath } from 'd3-geo'
import codes from 'i18n-iso-countries/codes.json' with { type: 'json' }
import { feature } from 'topojson-client'

const WIDTH = 720
const HEIGHT = 330
/** Space for a dot at the edge. */
const MARGIN = 8
/** Points lie on a grid of so many to a unit: more cannot be seen, and weighs. */
const GRID = 2
/** Rings of less than this (square units) are left out, where they are not the largest. */
const AREA_MIN = 0.4

/** Territory: the state whose shape has it, and places within it. */
const TERRITORIES = {
  BQ: ['NL', [-68.3, 12.2], [-63.1, 17.5]],
  BV: ['NO', [3.4, -54.4]],
  GF: ['FR', [-53, 4]],
  GP: ['FR', [-61.5, 16.2]],
  MQ: ['FR', [-61, 14.6]],
  RE: ['FR', [55.5, -21.1]],
  SJ: ['NO', [18, 78], [-8.5, 71]],
  TK: ['NZ', [-171.8, -9.2]],
  YT: ['FR', [45.2, -12.8]],
}
/** Features without a code: whose they are by ISO 3166-1. XK is in use for Kosovo, unassigned. */
const UNCODED = {
  Akrotiri: 'CY',
  Baikonur: 'KZ',
  'Cyprus U.N. Buffer Zone': 'CY',
  Dhekelia: 'CY',
  Kosovo: 'XK',
  'N. Cyprus': 'CY',
  Somaliland: 'SO',
  'USNB Guantanamo Bay': 'CU',
}
/** Two places for one feature: the Indian Ocean territories of Australia. */
const APART = { CC: [96.8, -12.1], CX: [105.6, -10.5] }
const NEAR = (5 / 180) * Math.PI

const letters = new Map(codes.map(([two, , number]) => [number, two]))

/** Its polygons. A ring that runs the wrong way round would be all of the sphere but an island. */
function polygons(geometry) {
  const all = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates
  return all.map((coordinates) =>
    geoArea({ type: 'Polygon', coordinates }) < 2 * Math.PI
      ? coordinates
      : coordinates.map((ring) => ring.toReversed()),
  )
}

/** The code that a polygon belongs to, of a feature with a code and a name. */
function codeOf(polygon, code, name) {
  const centre = geoCentroid({ type: 'Polygon', coordinates: polygon })
  const isNear = (place) => geoDistance(place, centre) < NEAR
  if (name === 'Indian Ocean Ter.') return Object.keys(APART).find((one) => isNear(APART[one]))
  const near = Object.entries(TERRITORIES)
    .filter(([, [state]]) => state === code)
    .flatMap(([territory, [, ...places]]) => places.map((place) => [territory, place]))
    .filter(([, place]) => isNear(place))
    .sort((a, b) => geoDistance(a[1], centre) - geoDistance(b[1], centre))
  return near[0]?.[0] ?? code ?? UNCODED[name]
}

/** Code → its polygons. */
function byCode(features) {
  const found = new Map()
  for (const one of features) {
    const code = letters.get(String(one.id).padStart(3, '0'))
    for (const polygon of polygons(one.geometry)) {
      const owner = codeOf(polygon, code, one.properties.name)
      if (owner === undefined) continue // reefs and a glacier
      found.set(owner, [...(found.get(owner) ?? []), polygon])
    }
  }
  return found
}

function areaOf(ring) {
  let sum = 0
  ring.forEach(([x, y], at) => {
    const [left, top] = ring[(at + 1) % ring.length]
    sum += x * top - left * y
  })
  return Math.abs(sum / 2)
}

/** The rings of a projected path, on the grid, without points that say nothing. */
function rings(path) {
  return (path ?? '')
    .split('M')
    .filter(Boolean)
    .map((ring) => {
      const points = ring
        .replace('Z', '')
        .split('L')
        .map((point) => point.split(',').map((one) => Math.round(Number(one) * GRID)))
      const apart = points.filter(([x, y], at) => {
        const [left, top] = points.at(at - 1)
        return x !== left || y !== top
      })
      return apart.filter(([x, y], at) => {
        const [a, b] = [apart.at(at - 1), apart[(at + 1) % apart.length]]
        const isBetween = (x - a[0]) * (b[0] - x) >= 0 && (y - a[1]) * (b[1] - y) >= 0
        return !isBetween || (x - a[0]) * (b[1] - a[1]) !== (y - a[1]) * (b[0] - a[0])
      })
    })
    .filter((ring) => ring.length > 2)
}

function pathOf(outline) {
  const found = rings(outline).map((ring) => [areaOf(ring) / GRID ** 2, ring])
  const most = Math.max(0, ...found.map(([area]) => area))
  return found
    .filter(([area]) => area === most || area >= AREA_MIN)
    .map(([, ring]) => {
      const steps = ring.map(([x, y], at) => {
        if (at === 0) return `m${x} ${y}`
        const [left, top] = ring[at - 1]
        return `l${x - left} ${y - top}`
      })
      return `M${steps.join('').slice(1)}z`
    })
    .join('')
}

const source = new URL('node_modules/world-atlas/countries-10m.json', import.meta.url)
const topology = JSON.parse(await readFile(source, 'utf8'))
const found = byCode(feature(topology, topology.objects.countries).features)
found.delete('AQ') // nobody lives there, and it takes a fifth of the height

const all = { type: 'MultiPolygon', coordinates: [...found.values()].flat() }
const projection = geoEqualEarth()
  .fitExtent([[MARGIN, MARGIN], [WIDTH - MARGIN, HEIGHT - MARGIN]], all)
  .precision(0)
const outline = geoPath(projection).digits(3)

const shapes = [...found]
  .map(([code, coordinates]) => {
    // Where a country is: the middle of its largest part. Alaska does not draw that of the US away.
    const parts = coordinates.map((one) => ({ type: 'Polygon', coordinates: one }))
    const [largest] = parts.sort((a, b) => geoArea(b) - geoArea(a))
    const [x, y] = outline.centroid(largest)
    const [[left, top], [right, bottom]] = outline.bounds(largest)
    return {
      code,
      x: Math.round(x * GRID) / GRID,
      y: Math.round(y * GRID) / GRID,
      size: Math.round(Math.max(right - left, bottom - top)),
      narrow: Math.round(Math.min(right - left, bottom - top)),
      path: pathOf(outline({ type: 'MultiPolygon', coordinates })),
    }
  })
  .sort((a, b) => (a.code < b.code ? -1 : 1))

const world = { width: WIDTH, height: HEIGHT, grid: GRID, shapes }
await writeFile(new URL('src/parts/world.json', import.meta.url), JSON.stringify(world))
