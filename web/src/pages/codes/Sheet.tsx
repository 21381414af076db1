import { useQuery } from '@tanstack/preact-query'
import { Printer } from 'lucide-preact'
import type { CSSProperties } from 'preact'
import { useState } from 'preact/hooks'
import { Link, useSearchParams } from 'wouter-preact'
import { publicPath } from '../../api/server'
import { answered, openqr, vantio } from '../../api/client'
import { Checkbox, Field } from '../../parts/Field'
import { Card, Page } from '../../parts/Page'
import { Answer, Empty } from '../../parts/States'
import { strings } from '../../strings'
import { type Code, nameOf, withoutScheme } from './queries'

const texts = strings.codes.sheet
const WIDTH = 210
const HEIGHT = 297
/** Most printers leave so much of the paper white. */
const EDGE = 8
/** For the label and the link below a symbol, and the space around, in millimetres. */
const TEXT = 5
const ROOM = 4
const MOST = 300

interface Printed {
  id: string
  label: string
  link: string
  image: string
}

async function findCodes(ids: string[]): Promise<Printed[]> {
  const missing = new Set(ids)
  const found = new Map<string, Printed>()
  const add = (code: Code) => {
    if (missing.delete(code.id))
      found.set(code.id, {
        id: code.id,
        label: code.label ? nameOf(code) : '',
        link: withoutScheme(code.short_url),
        image: `${publicPath}/v1/dynamic/${code.id}/qr?format=svg&v=${encodeURIComponent(code.updated_at)}`,
      })
  }
  // Mostly they are among the newest; the others are fetched one by one.
  let cursor: string | null = ''
  for (let page = 0; page < 3 && missing.size > 3 && cursor !== null; page += 1) {
    const query: { limit: number; cursor?: string } = { limit: 500, ...(cursor && { cursor }) }
    const page: { codes: Code[]; next_cursor: string | null } = await answered(
      openqr.GET('/v1/dynamic', { params: { query } }),
    )
    page.codes.forEach(add)
    cursor = page.next_cursor
  }
  for (const id of [...missing])
    add(await answered(openqr.GET('/v1/dynamic/{id}', { params: { path: { id } } })))
  return ids.flatMap((id) => found.get(id) ?? [])
}

async function findPosters(ids: string[]): Promise<Printed[]> {
  return Promise.all(
    ids.map(async (id) => {
      const poster = await answered(
        vantio.GET('/api/v1/posters/{id}', { params: { path: { id } } }),
      )
      return {
        id,
        label: poster.location ?? '',
        link: withoutScheme(poster.short_url),
        image: `${publicPath}/api/v1/posters/${id}/qr-code.svg`,
      }
    }),
  )
}

/** `?ids=c_…,c_…` or `?posters=poster_…,poster_…`, on pages of A4. */
export default function Sheet() {
  const [search] = useSearchParams()
  const allCodes = listed(search.get('ids'))
  const allPosters = listed(search.get('posters'))
  const codes = allCodes.slice(0, MOST)
  const posters = allPosters.slice(0, MOST - codes.length)
  const left = allCodes.length + allPosters.length - codes.length - posters.length
  const printed = useQuery({
    queryKey: ['sheet', codes, posters],
    queryFn: async () => [...(await findCodes(codes)), ...(await findPosters(posters))],
  })
  return (
    <Page title={texts.title} lead={texts.lead}>
      {left > 0 && <p class="notice no-print">{texts.cut(MOST, left)}</p>}
      <Answer of={printed} lines={12}>
        {(all) =>
          all.length > 0 ? (
            <Pages printed={all} />
          ) : (
            <Card>
              <Empty title={texts.noneTitle}>
                <p>{texts.none}</p>
                <p>
                  <Link href="/codes" class="button primary">
                    {texts.toList}
                  </Link>
                </p>
              </Empty>
            </Card>
          )
        }
      </Answer>
    </Page>
  )
}

function listed(text: string | null): string[] {
  return [...new Set((text ?? '').split(',').filter(Boolean))]
}

interface Plan {
  columns: number
  rows: number
  size: number
  copies: number
  labels: boolean
  links: boolean
  lines: boolean
}

/** The greatest symbol that a cell has room for. */
function sizeMost(plan: Plan): number {
  const texts = (plan.labels ? TEXT : 0) + (plan.links ? TEXT : 0)
  const width = (WIDTH - 2 * EDGE) / plan.columns - ROOM
  const height = (HEIGHT - 2 * EDGE) / plan.rows - ROOM - texts
  return Math.max(5, Math.floor(Math.min(width, height)))
}

function Pages(props: { printed: Printed[] }) {
  const [plan, setPlan] = useState<Plan>({
    columns: 3,
    rows: 4,
    size: 45,
    copies: 1,
    labels: true,
    links: true,
    lines: true,
  })
  const most = sizeMost(plan)
  const size = Math.min(plan.size, most)
  const cells = props.printed.flatMap((one) => Array.from({ length: plan.copies }, () => one))
  const perPage = plan.columns * plan.rows
  const pages = Array.from({ length: Math.ceil(cells.length / perPage) }, (_, page) =>
    cells.slice(page * perPage, (page + 1) * perPage),
  )
  const sizes = {
    '--columns': plan.columns,
    '--rows': plan.rows,
    '--size': size,
  } as CSSProperties
  return (
    <div class="sheet">
      <Card class="sheet-plan">
        <PlanFields plan={plan} most={most} onPlan={setPlan} />
        <div class="row">
          <button type="button" class="primary" onClick={() => window.print()}>
            <Printer size={16} aria-hidden="true" /> {texts.print}
          </button>
          <span class="note" role="status">
            {texts.pages(pages.length)}
          </span>
        </div>
      </Card>
      <div class="sheet-pages" style={sizes}>
        {pages.map((page, number) => (
          <section
            key={number}
            class={plan.lines ? 'sheet-page lines' : 'sheet-page'}
            aria-label={texts.page(number + 1)}
          >
            {page.map((one, place) => (
              <figure key={`${one.id} ${place}`}>
                <img src={one.image} alt={strings.codes.one.symbol(one.label || one.link)} />
                {plan.labels && one.label && <figcaption>{one.label}</figcaption>}
                {plan.links && <p>{one.link}</p>}
              </figure>
            ))}
          </section>
        ))}
      </div>
    </div>
  )
}

function PlanFields(props: { plan: Plan; most: number; onPlan: (plan: Plan) => void }) {
  const { plan, most, onPlan } = props
  const number = (name: 'columns' | 'rows' | 'size' | 'copies', least: number, greatest: number) => ({
    type: 'number',
    min: least,
    max: greatest,
    value: String(plan[name]),
    onValue: (typed: string) =>
      onPlan({
        ...plan,
        [name]: Math.min(greatest, Math.max(least, Math.round(Number(typed)) || least)),
      }),
  })
  const tick = (name: 'labels' | 'links' | 'lines') => (
    <Checkbox
      label={texts[name]}
      checked={plan[name]}
      onChecked={(on) => onPlan({ ...plan, [name]: on })}
    />
  )
  const note = plan.size > most ? texts.tooLarge(most) : plan.size < 15 ? texts.small : undefined
  return (
    <>
      <div class="fields sheet-fields">
        <Field label={texts.columns} {...number('columns', 1, 10)} />
        <Field label={texts.rows} {...number('rows', 1, 14)} />
        <Field label={texts.size} {...number('size', 1, 200)} error={note} />
        <Field label={texts.copies} {...number('copies', 1, 100)} />
      </div>
      <div class="row sheet-ticks">
        {tick('labels')}
        {tick('links')}
        {tick('lines')}
      </div>
    </>
  )
}
