import { useMutation, useQuery, useQueryClient } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { publicPath } from '../../api/server'
import { answered, native } from '../../api/client'
import { windowOf } from '../../api/queries'
import { formatAgo, formatBytes, formatDay } from '../../formats'
import { CopyCurl } from '../../parts/Copy'
import { Dialog } from '../../parts/Dialog'
import { Select } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { Answer, Problem } from '../../parts/States'
import { nothingToSave } from '../../state/edits'
import { addDays } from '../../state/range'
import { strings } from '../../strings'
import { describe, jsonOf } from './filters'
import { type Export, fieldsFor, parametersFor, type Question, useEventTotal } from './queries'

const FORMATS = ['csv', 'ndjson', 'parquet', 'json', 'arrow'] as const
/** Written by the server in the background; the others are one answer. */
const WRITTEN: readonly string[] = ['csv', 'ndjson', 'parquet']

/** A file of what the list shows, and the files that there are. */
export function ExportDialog(props: {
  question: Question
  columns: string[]
  trackers: Map<string, string>
  onClose: () => void
}) {
  const { question } = props
  const { range, filters } = question
  const [format, setFormat] = useState('csv')
  const [which, setWhich] = useState('all')
  const fields = which === 'all' ? '' : fieldsFor(props.columns)
  const total = useEventTotal(parametersFor(question))
  const queries = useQueryClient()
  const body = {
    format,
    ...windowOf(range),
    filters: jsonOf(filters),
    fields: fields ? fields.split(',') : [],
  }
  const make = useMutation({
    mutationFn: () => answered(native.POST('/exports', { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['exports'] }),
  })
  const limit = format === 'json' ? '10000' : ''
  const direct = `/events?${parametersFor(question, { fields, format, limit })}`
  const written = WRITTEN.includes(format)
  const described = filters.map((one) => describe(one, props.trackers)).join(', ')
  return (
    <Dialog title={strings.events.exportTitle} onClose={props.onClose} wide>
      <Form
        unsaved={nothingToSave}
        onSubmit={() => {
          make.mutate()
        }}
      >
        <p>
          {formatDay(range.since)} – {formatDay(addDays(range.until, -1))}.{' '}
          {described ? strings.events.exportFiltered(described) : strings.events.exportAll}
        </p>
        <div class="fields">
          <Select
            label={strings.events.format}
            value={format}
            options={FORMATS.map((one) => [one, strings.events.formats[one] ?? one] as const)}
            onValue={setFormat}
          />
          <Select
            label={strings.events.whichColumns}
            value={which}
            options={[
              ['all', strings.events.allColumns],
              ['shown', strings.events.shownColumns],
            ]}
            onValue={setWhich}
          />
        </div>
        <p>
          {strings.events.rowsExpected}:{' '}
          <b>
            {total.data ? strings.events.wouldBe(total.data.events, total.data.exact) : '…'}
          </b>
        </p>
        {make.error && <Problem error={make.error} />}
        {!written && <p class="note">{strings.events.direct}</p>}
        <footer class="dialog-foot">
          <CopyCurl
            call={written ? { path: '/exports', body } : { path: direct, file: `events.${format}` }}
          />
          {written ? (
            <button type="submit" class="primary" disabled={make.isPending}>
              {strings.events.make}
            </button>
          ) : (
            <a class="button primary" href={publicPath + direct} download={`events.${format}`}>
              {strings.events.download}
            </a>
          )}
        </footer>
      </Form>
      <Exports />
    </Dialog>
  )
}

const UNDER_WAY: readonly string[] = ['queued', 'running']

function Exports() {
  const queries = useQueryClient()
  const exports = useQuery({
    queryKey: ['exports'],
    queryFn: () => answered(native.GET('/exports')),
    refetchInterval: ({ state }) =>
      state.data?.exports.some((one) => UNDER_WAY.includes(one.state)) ? 700 : false,
  })
  const remove = useMutation({
    mutationFn: (id: string) =>
      answered(native.DELETE('/exports/{id}', { params: { path: { id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ['exports'] }),
  })
  return (
    <section class="lines exports" aria-label={strings.events.exports}>
      <h3>{strings.events.exports}</h3>
      {remove.error && <Problem error={remove.error} />}
      <Answer of={exports}>
        {(list) =>
          list.exports.length === 0 ? (
            <p class="note">{strings.events.noExports}</p>
          ) : (
            <ul>
              {list.exports.map((one) => (
                <OneExport key={one.id} of={one} onRemove={() => remove.mutate(one.id)} />
              ))}
            </ul>
          )
        }
      </Answer>
    </section>
  )
}

function OneExport(props: { of: Export; onRemove: () => void }) {
  const one = props.of
  const what = `${one.format.toUpperCase()}, ${formatAgo(one.created_at)}`
  return (
    <li class="between">
      <div>
        <b>{one.format.toUpperCase()}</b> <span class="note">{formatAgo(one.created_at)}</span>
        <p class="note" aria-live="polite">
          {strings.events.exportStates[one.state] ?? one.state} ·{' '}
          {strings.events.exportRows(one.rows, one.rows_total)}
          {one.bytes > 0 && ` · ${formatBytes(one.bytes)}`}
          {one.problem && ` · ${one.problem}`}
        </p>
        {UNDER_WAY.includes(one.state) && (
          <progress aria-label={strings.events.progress} max={1} value={one.progress} />
        )}
      </div>
      <div class="row">
        {one.file && (
          <a
            class="button small"
            href={publicPath + one.file}
            download
            aria-label={`${strings.events.download}: ${what}`}
          >
            {strings.events.download}
          </a>
        )}
        <button
          type="button"
          class="quiet small"
          aria-label={strings.events.removeExport(what)}
          onClick={props.onRemove}
        >
          {strings.common.remove}
        </button>
      </div>
    </li>
  )
}
