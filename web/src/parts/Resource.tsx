/** Lists of things of one kind: as a page, or as a card of one. */
import { Plus } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import type { Call } from '../shell'
import { useSigned } from '../state/session'
import { Command } from './Copy'
import { Card, Page } from './Page'
import { More } from './Paged'
import { Answer, Empty } from './States'
import { type Column, Table } from './Table'

/** The rows that are listed; `more` and `loadingMore` where they come in pages. */
interface Listed<Row> {
  data: readonly Row[] | undefined
  error: unknown
  isPending: boolean
  refetch: () => unknown
  more?: (() => void) | null
  loadingMore?: boolean
}

/** Where a new one is created: a page of its own, or a dialog, which may edit a row too. */
type Form<Row> =
  | { label: string; href: string }
  | { label: string; render: (row: Row | null, close: () => void) => ComponentChildren }

/** Shown while there is nothing at all: what it is, how to create the first, the same by API. */
export interface EmptyState {
  title: string
  text: ComponentChildren
  /** Label of a button that opens the form. */
  create?: string
  /** Introduces the command. */
  curlLead?: string
  curl: Call
  /** Below the command. */
  foot?: ComponentChildren
}

export interface Resource<Row> {
  query: Listed<Row>
  /** Lines that stand for rows while they load. */
  lines?: number
  rowKey: (row: Row) => string | number
  /** A hook: called with the rows, so that it can query what else they show. `edit` opens the form
   * with a row; viewers have none. */
  useColumns: (rows: readonly Row[], edit?: (row: Row) => void) => Column<Row>[]
  /** The page that a click on a row opens. */
  href?: (row: Row) => string
  stacks?: boolean
  limit?: number
  form?: Form<Row>
  /** A sentence, or a whole empty state; without it an empty table is shown. */
  empty?: string | EmptyState
  filters?: ComponentChildren
  /** Set while filters are in use: shown when nothing matches them. */
  unmatched?: { title: string; showAll?: { label: string; onClick: () => void } } | undefined
  /** Between filters and table. */
  above?: (rows: readonly Row[]) => ComponentChildren
  /** Below the table. */
  foot?: ComponentChildren
}

/** A page that is one list. `children`: what follows its card. */
export function ResourcePage<Row>(
  props: Resource<Row> & {
    title: string
    lead?: string
    /** Links to the pages beside it. */
    tabs?: ComponentChildren
    actions?: ComponentChildren
    children?: ComponentChildren
  },
) {
  const form = useForm(props.form)
  const create = form.button()
  return (
    <Page title={props.title} lead={props.lead} actions={(props.actions || create) && [props.actions, create]}>
      {props.tabs}
      <Card>
        <List {...props} opened={form} />
      </Card>
      {form.dialog}
      {props.children}
    </Page>
  )
}

/** A list in a card of a page. `lead` stands above it. */
export function ResourceCard<Row>(
  props: Resource<Row> & {
    title: string
    /** The name of its table, where it is not the title. */
    name?: string
    lead?: ComponentChildren
    actions?: ComponentChildren
    children?: ComponentChildren
  },
) {
  const form = useForm(props.form)
  const create = form.button()
  return (
    <Card title={props.title} actions={(props.actions || create) && [props.actions, create]}>
      {props.lead}
      <List {...props} title={props.name ?? props.title} opened={form} />
      {form.dialog}
      {props.children}
    </Card>
  )
}

interface OpenedForm<Row> {
  button: (label?: string) => ComponentChildren
  edit?: (row: Row) => void
  dialog: ComponentChildren
}

/** Viewers have neither button nor form. */
function useForm<Row>(form: Form<Row> | undefined): OpenedForm<Row> {
  const { mayWrite } = useSigned()
  const [open, setOpen] = useState<{ row: Row | null } | null>(null)
  if (!form || !mayWrite) return { button: () => null, dialog: null }
  const content = (label?: string) =>
    label ?? (
      <>
        <Plus size={16} aria-hidden="true" /> {form.label}
      </>
    )
  if ('href' in form)
    return {
      dialog: null,
      button: (label) => (
        <Link href={form.href} class="button primary">
          {content(label)}
        </Link>
      ),
    }
  return {
    button: (label) => (
      <button type="button" class="primary" onClick={() => setOpen({ row: null })}>
        {content(label)}
      </button>
    ),
    edit: (row) => setOpen({ row }),
    dialog: open && form.render(open.row, () => setOpen(null)),
  }
}

type ListProps<Row> = Resource<Row> & { title: string; opened: OpenedForm<Row> }

function List<Row>(props: ListProps<Row>) {
  const { query, empty, unmatched } = props
  return (
    <>
      {props.filters}
      <Answer of={query} lines={props.lines ?? 6}>
        {(rows) => {
          if (rows.length === 0 && unmatched) return <Unmatched {...unmatched} />
          if (rows.length === 0 && empty !== undefined)
            return typeof empty === 'string' ? (
              <p class="note">{empty}</p>
            ) : (
              <Nothing {...empty} button={props.opened.button} />
            )
          return (
            <>
              {props.above?.(rows)}
              <Rows {...props} rows={rows} />
              {props.foot}
              <More of={{ more: query.more ?? null, loadingMore: query.loadingMore ?? false }} />
            </>
          )
        }}
      </Answer>
    </>
  )
}

function Rows<Row>(props: ListProps<Row> & { rows: readonly Row[] }) {
  const { title, rows, href, opened, useColumns, ...table } = props
  const [, go] = useLocation()
  const columns = useColumns(rows, opened.edit)
  return (
    <Table
      name={title}
      rows={rows}
      columns={columns}
      rowKey={table.rowKey}
      {...(href && { onOpen: (row: Row) => go(href(row)) })}
      {...(table.stacks && { stacks: true })}
      {...(table.limit && { limit: table.limit })}
    />
  )
}

function Unmatched(props: NonNullable<Resource<unknown>['unmatched']>) {
  const { title, showAll } = props
  return (
    <Empty title={title}>
      {showAll && (
        <p>
          <button type="button" onClick={showAll.onClick}>
            {showAll.label}
          </button>
        </p>
      )}
    </Empty>
  )
}

/** `button`: makes the button that creates the first, with this label. */
export function Nothing(props: EmptyState & { button: (label?: string) => ComponentChildren }) {
  const button = props.create && props.button(props.create)
  return (
    <Empty title={props.title}>
      <p>{props.text}</p>
      {button && <p>{button}</p>}
      {props.curlLead && <p>{props.curlLead}</p>}
      <Command call={props.curl} />
      {props.foot && <p>{props.foot}</p>}
    </Empty>
  )
}
