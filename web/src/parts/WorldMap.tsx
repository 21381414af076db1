import { geoEqualEarth, geoPath } from 'd3-geo'
import type { GeometryCollection, Topology } from 'topojson-specification'
import codes from 'i18n-iso-countries/codes.json'
import { feature } from 'topojson-client'
import { useMemo, useState } from 'preact/hooks'
import topology from 'world-atlas/countries-110m.json'
import { formatCount, formatCountry } from '../formats'
import { strings } from '../strings'

const WIDTH = 720
const HEIGHT = 340
const LETTERS = new Map(codes.map(([letters, , number]) => [number as string, letters as string]))

const world = topology as unknown as Topology<{ countries: GeometryCollection }>
const countries = feature(world, world.objects.countries).features.filter(
  (one) => one.id !== '010', // nobody scans there, and it takes a fifth of the height
)
const projection = geoEqualEarth().fitSize([WIDTH, HEIGHT], {
  type: 'FeatureCollection',
  features: countries,
})
const outline = geoPath(projection)
const shapes = countries.map((one) => ({
  code: LETTERS.get(String(one.id).padStart(3, '0')) ?? '',
  path: outline(one) ?? '',
}))

/** Countries by count, the darker the more. Loaded when it is first shown: its outlines weigh. */
export default function WorldMap(props: { counts: Map<string, number>; name: string }) {
  const [over, setOver] = useState('')
  const most = Math.max(1, ...props.counts.values())
  const drawn = useMemo(
    () =>
      shapes.map((shape, number) => {
        const count = shape.code ? (props.counts.get(shape.code) ?? 0) : 0
        // By the logarithm: one large country would leave all others white.
        const level = count === 0 ? 0 : 1 + Math.round((Math.log1p(count) / Math.log1p(most)) * 4)
        return (
          <path
            key={number}
            d={shape.path}
            class={`level-${level}`}
            onPointerEnter={() => setOver(shape.code)}
          />
        )
      }),
    [props.counts, most],
  )
  return (
    <figure class="map">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={props.name}
        onPointerLeave={() => setOver('')}
      >
        {drawn}
      </svg>
      <figcaption>
        {over
          ? `${formatCountry(over)}: ${formatCount(props.counts.get(over) ?? 0)}`
          : strings.overview.mapNote}
      </figcaption>
    </figure>
  )
}
