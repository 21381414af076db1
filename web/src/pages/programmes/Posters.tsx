import { Pencil, Plus, Printer, Trash } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { answered, vantio } from '../../api/client'
import { formatCount } from '../../formats'
import { CopyButton, Command } from '../../parts/Copy'
import { FormDialog } from '../../parts/Dialog'
import { Card } from '../../parts/Page'
import { More } from '../../parts/Paged'
import { Answer, Empty } from '../../parts/States'
import { Table } from '../../parts/Table'
import type { Call } from '../../shell'
import { nothingToSave } from '../../state/edits'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { Counted } from './Counted'
import { MakePosters, PosterForm, PrintDialog } from './PosterForms'
import {
  byId,
  placeOf,
  type Poster,
  type Program,
  useCounts,
  useFunnel,
  usePosters,
  useRefresh,
  useUserNames,
} from './questions'

const texts = strings.programmes

type Open = { what: 'make' } | { what: 'print' | 'edit' | 'delete'; poster: Poster } | null

export function Posters(props: { program: Program }) {
  const { program } = props
  const posters = usePosters(program.id)
  const { mayWrite } = useSigned()
  const [open, setOpen] = useState<Open>(null)
  const close = () => setOpen(null)
  return (
    <Card
      title={texts.posters}
      actions={
        mayWrite && (
          <button type="button" class="primary" onClick={() => setOpen({ what: 'make' })}>
            <Plus size={16} aria-hidden="true" /> {texts.makePosters}
          </button>
        )
      }
    >
      <Answer of={posters} lines={8}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={texts.postersEmpty}>
              <p>{texts.postersEmptyText}</p>
              <p>{texts.orCurl}</p>
              <Command call={exampleOf(program.id)} />
            </Empty>
          ) : (
            <>
              <List program={program} rows={rows} onOpen={setOpen} />
              <More of={posters} />
            </>
          )
        }
      </Answer>
      {open?.what === 'make' && <MakePosters program={program} onClose={close} />}
      {open?.what === 'print' && <PrintDialog poster={open.poster} onClose={close} />}
      {open?.what === 'edit' && (
        <PosterForm program={program} poster={open.poster} onClose={close} />
      )}
      {open?.what === 'delete' && <DeletePoster poster={open.poster} onClose={close} />}
    </Card>
  )
}

function exampleOf(programId: string): Call {
  return {
    path: '/api/v1/posters',
    body: { program_id: programId, location: 'Gym' },
  }
}

function List(props: { program: Program; rows: Poster[]; onOpen: (open: Open) => void }) {
  const countOf = useCounts('poster', { program: props.program.id })
  const stages = byId(useFunnel('poster', props.program.id).data?.groups)
  const names = useUserNames(props.program.id)
  return (
    <Table
      name={texts.posters}
      rows={props.rows}
      stacks
      rowKey={(row) => row.id}
      columns={[
        {
          title: texts.place,
          cell: (row) => (
            <>
              {placeOf(row)}
              <span class="under">{names.get(row.student_id) ?? ''}</span>
            </>
          ),
        },
        {
          title: texts.impressions,
          number: true,
          cell: (row) => (
            <Counted
              value={countOf(row.id)}
              filters={{ source: 'vantio', poster: row.id }}
              of={texts.scansOf(placeOf(row))}
            />
          ),
        },
        {
          title: texts.referrals,
          number: true,
          wideOnly: true,
          cell: (row) => formatCount(stages.get(row.id)?.referrals ?? 0),
        },
        {
          title: texts.link,
          wideOnly: true,
          cell: (row) => <CopyButton text={row.short_url} label={row.short_url.split('/').pop() ?? ''} />,
        },
        { title: texts.actions, cell: (row) => <Actions poster={row} onOpen={props.onOpen} /> },
      ]}
    />
  )
}

function Actions(props: { poster: Poster; onOpen: (open: Open) => void }) {
  const { poster, onOpen } = props
  const { mayWrite } = useSigned()
  const place = placeOf(poster)
  return (
    <span class="acts">
      <button
        type="button"
        class="small"
        aria-label={texts.printTitle(place)}
        onClick={() => onOpen({ what: 'print', poster })}
      >
        <Printer size={14} aria-hidden="true" /> <span class="wide">{texts.print}</span>
      </button>
      {mayWrite && (
        <>
          <button
            type="button"
            class="quiet small"
            aria-label={`${texts.editPoster}: ${place}`}
            onClick={() => onOpen({ what: 'edit', poster })}
          >
            <Pencil size={14} aria-hidden="true" />
          </button>
          <button
            type="button"
            class="quiet small"
            aria-label={`${texts.deletePoster}: ${place}`}
            onClick={() => onOpen({ what: 'delete', poster })}
          >
            <Trash size={14} aria-hidden="true" />
          </button>
        </>
      )}
    </span>
  )
}

function DeletePoster(props: { poster: Poster; onClose: () => void }) {
  const refresh = useRefresh()
  async function remove() {
    const params = { path: { id: props.poster.id } }
    await answered(vantio.DELETE('/api/v1/posters/{id}', { params }))
    await refresh()
  }
  return (
    <FormDialog
      title={texts.deletePoster}
      action={strings.common.remove}
      danger
      unsaved={nothingToSave}
      onSubmit={remove}
      onClose={props.onClose}
    >
      <p>{texts.deletePosterText(placeOf(props.poster))}</p>
    </FormDialog>
  )
}
