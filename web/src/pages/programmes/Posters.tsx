import { Pencil, Printer, Trash } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { answered, vantio } from '../../api/client'
import { formatCount } from '../../formats'
import { CopyButton } from '../../parts/Copy'
import { FormDialog } from '../../parts/Dialog'
import { ResourceCard } from '../../parts/Resource'
import type { Column } from '../../parts/Table'
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
} from './queries'

const texts = strings.programmes

type Open = { what: 'print' | 'edit' | 'delete'; poster: Poster } | null

export function Posters(props: { program: Program }) {
  const { program } = props
  const [open, setOpen] = useState<Open>(null)
  const close = () => setOpen(null)
  return (
    <ResourceCard
      title={texts.posters}
      query={usePosters(program.id)}
      lines={8}
      rowKey={(row) => row.id}
      useColumns={() => useColumns(program, setOpen)}
      stacks
      form={{
        label: texts.makePosters,
        render: (_, shut) => <MakePosters program={program} onClose={shut} />,
      }}
      empty={{
        title: texts.postersEmpty,
        text: texts.postersEmptyText,
        curlLead: texts.orCurl,
        curl: { path: '/api/v1/posters', body: { program_id: program.id, location: 'Gym' } },
      }}
    >
      {open?.what === 'print' && <PrintDialog poster={open.poster} onClose={close} />}
      {open?.what === 'edit' && (
        <PosterForm program={program} poster={open.poster} onClose={close} />
      )}
      {open?.what === 'delete' && <DeletePoster poster={open.poster} onClose={close} />}
    </ResourceCard>
  )
}

function useColumns(program: Program, onOpen: (open: Open) => void): Column<Poster>[] {
  const countOf = useCounts('poster', { program: program.id })
  const stages = byId(useFunnel('poster', program.id).data?.groups)
  const names = useUserNames(program.id)
  return [
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
    { title: texts.actions, cell: (row) => <Actions poster={row} onOpen={onOpen} /> },
  ]
}

function Actions(props: { poster: Poster; onOpen: (open: Open) => void }) {
  const { poster, onOpen } = props
  const { mayWrite } = useSigned()
  const place = placeOf(poster)
  return (
    <span class="row tight">
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
