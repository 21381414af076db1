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
  /** The last bucket has not ended: what is known of it is dashed. */
  unfinished: boolean
  height?: number
}) {
  const { name, buckets, bucket, series, unfinished, height = 240 } = props
  const [asTable, setAsTable] = useState(false)
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = place.current
    if (element === null) return
    const chart = draw(element, { buckets, bucket, series, unfinished, height })
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
  }, [buckets, bucket, series, unfinished, height, asTable])
  const rows = buckets.map((start, number) => ({ start, number }))
  const title = (number: number) => titleOf(props, number)
  return (
    <figure class="chart">
      {asTable ? (
        <Table
          name={name}
          rows={rows}
          rowKey={(row) => row.number}
          columns={[
            { title: strings.common.time, cell: (row) => title(row.number) },
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
      <figcaption class="between">
        <ul class="legend">
          {series.map((one, number) => (
            <li key={one.name} class={one.past ? 'past' : `series-${number + 1}`}>
              {one.name}
            </li>
          ))}
        </ul>
        {unfinished && <span class="note">{strings.common.unfinished}</span>}
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

interface Drawing {
  buckets: string[]
  bucket: string
  series: Series[]
  unfinished: boolean
}

/** The time of a bucket, and that it has not ended. */
function titleOf(of: Drawing, number: number): string {
  const start = of.buckets[number]
  if (start === undefined) return ''
  const time = formatBucket(start, of.bucket)
  return of.unfinished && number === of.buckets.length - 1 ? strings.common.soFar(time) : time
}

/** A series as it is drawn: with an unfinished last bucket a line to the one before, and from there
 * a dashed one. */
function pieces(one: Series, unfinished: boolean): (Series & { dashed: boolean })[] {
  const last = one.values.length - 1
  if (one.past || !unfinished || last < 1) return [{ ...one, dashed: one.past === true }]
  const ended = one.values.map((value, number) => (number < last ? value : null))
  const open = one.values.map((value, number) => (number < last - 1 ? null : value))
  return [
    { ...one, values: ended, dashed: false },
    { ...one, values: open, dashed: true },
  ]
}

function draw(element: HTMLElement, of: Drawing & { height: number }): uPlot {
  const { buckets, bucket, series, height } = of
  const places = buckets.map((_, number) => number)
  const lines = series.flatMap((whole, number) =>
    pieces(whole, of.unfinished).map((one) => ({ one, number })),
  )
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
    series: [{}, ...lines.map(({ one, number }) => line(one, number, series.length === 1))],
    plugins: [tooltip(of)],
  }
  const values = lines.map(({ one }) => one.values)
  return new uPlot(options, [places, ...values] as uPlot.AlignedData, element)
}

function label(start: string | undefined, bucket: string): string {
  return start === undefined ? '' : formatBucket(start, bucket)
}

function line(one: Series & { dashed: boolean }, number: number, alone: boolean): uPlot.Series {
  const name = one.past ? '--quiet' : (COLOURS[number % COLOURS.length] as string)
  return {
    label: one.name,
    stroke: () => colour(name),
    width: one.past ? 1.5 : 2,
    ...(one.dashed ? { dash: [4, 4] } : {}),
    ...(alone || number === 0 ? { fill: () => `${colour(name)}1f` } : {}),
    points: { show: one.values.length === 1 },
  }
}

/** The numbers of the bucket under the pointer. */
function tooltip(of: Drawing): uPlot.Plugin {
  const { buckets, series } = of
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
          answer('strong', titleOf(of, place)),
          ...series.map((one) =>
            answer('span', `${one.name}: ${formatCount(one.values[place] ?? 0)}`),
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

function answer(tag: string, text: string): HTMLElement {
  const element = document.createElement(tag)
  element.textContent = text
  return element
}

/** A small line without axes; its meaning stands beside it. */
export function Sparkline(props: { name: string; values: number[]; unfinished: boolean }) {
  const place = useRef<HTMLDivElement>(null)
  const { values, unfinished } = props
  useEffect(() => {
    const element = place.current
    if (element === null || values.length === 0) return
    const lines = pieces({ name: '', values }, unfinished)
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
          ...lines.map(({ dashed }) => ({
            stroke: () => colour('--series-1'),
            fill: () => `${colour('--series-1')}1f`,
            width: 1.5,
            points: { show: false },
            ...(dashed ? { dash: [2, 2] } : {}),
          })),
        ],
      },
      [values.map((_, number) => number), ...lines.map((one) => one.values)],
      element,
    )
    return () => chart.destroy()
  }, [values, unfinished])
  return <div ref={place} class="sparkline" role="img" aria-label={props.name} />
}
