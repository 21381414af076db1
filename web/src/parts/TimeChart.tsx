import 'uplot/dist/uPlot.min.css'
import { useEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import { formatBucket, formatCount, formatShort } from '../formats'
import { strings } from '../strings'
import { Table } from './Table'

export interface Series {
  name: string
  values: (number | null)[]
  /** Drawn behind, dashed: the window before. */
  past?: boolean
}

const COLOURS = ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5']

/** Counts over time. The same numbers are there as a table, for those who cannot see lines. */
export function TimeChart(props: {
  name: string
  /** Local starts of the buckets, as a report gives them. */
  buckets: string[]
  bucket: string
  series: Series[]
  height?: number
}) {
  const { name, buckets, bucket, series, height = 240 } = props
  const [asTable, setAsTable] = useState(false)
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = place.current
    if (element === null) return
    const chart = draw(element, buckets, bucket, series, height)
    const watch = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }))
    watch.observe(element)
    // Colours are read when it is drawn.
    const redraw = () => chart.redraw()
    const dark = matchMedia('(prefers-color-scheme: dark)')
    dark.addEventListener('change', redraw)
    const theme = new MutationObserver(redraw)
    theme.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    return () => {
      watch.disconnect()
      theme.disconnect()
      dark.removeEventListener('change', redraw)
      chart.destroy()
    }
  }, [buckets, bucket, series, height, asTable])
  const rows = buckets.map((start, number) => ({ start, number }))
  return (
    <figure class="chart">
      {asTable ? (
        <Table
          name={name}
          rows={rows}
          rowKey={(row) => row.number}
          columns={[
            { title: strings.common.time, cell: (row) => formatBucket(row.start, bucket) },
            ...series.map((one) => ({
              title: one.name,
              number: true,
              cell: (row: { number: number }) => formatCount(one.values[row.number] ?? 0),
            })),
          ]}
        />
      ) : (
        <div ref={place} role="img" aria-label={name} class="chart-place" />
      )}
      <figcaption>
        <ul class="legend">
          {series.map((one, number) => (
            <li key={one.name} class={one.past ? 'past' : `series-${number + 1}`}>
              {one.name}
            </li>
          ))}
        </ul>
        <button type="button" class="quiet small" onClick={() => setAsTable(!asTable)}>
          {asTable ? strings.common.asChart : strings.common.asTable}
        </button>
      </figcaption>
    </figure>
  )
}

function colour(name: string): string {
  return getComputedStyle(document.body).getPropertyValue(name).trim()
}

function draw(
  element: HTMLElement,
  buckets: string[],
  bucket: string,
  series: Series[],
  height: number,
): uPlot {
  const places = buckets.map((_, number) => number)
  const axis = { stroke: () => colour('--quiet'), ticks: { show: false } }
  const options: uPlot.Options = {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { points: { size: 8 }, drag: { x: false, y: false } },
    scales: { x: { time: false }, y: { range: (_, __, most) => [0, Math.max(most * 1.05, 4)] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 90,
        size: 30,
        values: (_, splits) =>
          splits.map((place) => (Number.isInteger(place) ? label(buckets[place], bucket) : '')),
      },
      {
        ...axis,
        size: 52,
        grid: { stroke: () => colour('--line'), width: 1 },
        values: (_, splits) =>
          splits.map((count) => (Number.isInteger(count) ? formatShort(count) : '')),
      },
    ],
    series: [{}, ...series.map((one, number) => line(one, number, series.length === 1))],
    plugins: [tooltip(buckets, bucket, series)],
  }
  const values = series.map((one) => one.values)
  return new uPlot(options, [places, ...values] as uPlot.AlignedData, element)
}

function label(start: string | undefined, bucket: string): string {
  return start === undefined ? '' : formatBucket(start, bucket)
}

function line(one: Series, number: number, alone: boolean): uPlot.Series {
  const name = one.past ? '--quiet' : (COLOURS[number % COLOURS.length] as string)
  return {
    label: one.name,
    stroke: () => colour(name),
    width: one.past ? 1.5 : 2,
    ...(one.past ? { dash: [4, 4] } : {}),
    ...(alone || number === 0 ? { fill: () => `${colour(name)}1f` } : {}),
    points: { show: one.values.length === 1 },
  }
}

/** The numbers of the bucket under the pointer. */
function tooltip(buckets: string[], bucket: string, series: Series[]): uPlot.Plugin {
  const box = document.createElement('div')
  box.className = 'tooltip'
  box.hidden = true
  return {
    hooks: {
      init: (chart) => chart.over.append(box),
      setCursor: (chart) => {
        const place = chart.cursor.idx
        if (place === null || place === undefined || buckets[place] === undefined) {
          box.hidden = true
          return
        }
        box.hidden = false
        box.replaceChildren(
          told('strong', formatBucket(buckets[place], bucket)),
          ...series.map((one) =>
            told('span', `${one.name}: ${formatCount(one.values[place] ?? 0)}`),
          ),
        )
        const left = chart.valToPos(place, 'x')
        const flipped = left > chart.over.clientWidth / 2
        box.style.left = flipped ? '' : `${left + 12}px`
        box.style.right = flipped ? `${chart.over.clientWidth - left + 12}px` : ''
      },
    },
  }
}

function told(tag: string, text: string): HTMLElement {
  const element = document.createElement(tag)
  element.textContent = text
  return element
}

/** A small line without axes; its meaning is told beside it. */
export function Sparkline(props: { name: string; values: number[] }) {
  const place = useRef<HTMLDivElement>(null)
  const { values } = props
  useEffect(() => {
    const element = place.current
    if (element === null || values.length === 0) return
    const chart = new uPlot(
      {
        width: 96,
        height: 28,
        legend: { show: false },
        cursor: { show: false },
        padding: [2, 1, 2, 1],
        scales: { x: { time: false }, y: { range: (_, __, most) => [0, Math.max(most, 1)] } },
        axes: [{ show: false }, { show: false }],
        series: [
          {},
          {
            stroke: () => colour('--series-1'),
            fill: () => `${colour('--series-1')}1f`,
            width: 1.5,
            points: { show: false },
          },
        ],
      },
      [values.map((_, number) => number), values],
      element,
    )
    return () => chart.destroy()
  }, [values])
  return <div ref={place} class="sparkline" role="img" aria-label={props.name} />
}
