import { Undo2 } from 'lucide-preact'
import { formatMoment } from '../../formats'
import { Answer, Problem } from '../../parts/States'
import { useRange } from '../../state/range'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { type HistoryChange, useHistory, useUndo } from './questions'

const said = strings.codes.destination

/** What was changed, by whom, and back again. */
export function History(props: { id: string }) {
  const history = useHistory(props.id)
  const undo = useUndo(props.id)
  return (
    <>
      {undo.error && <Problem error={undo.error} />}
      <Answer of={history} lines={6}>
        {(told) => {
          const changes = told.pages.flatMap((page) => page.changes)
          if (changes.length === 0) return <p class="note">{said.historyEmpty}</p>
          return (
            <ol class="history" aria-label={said.historyTitle}>
              {changes.map((one) => (
                <Changed
                  key={one.number}
                  change={one}
                  busy={undo.isPending}
                  onUndo={() => undo.mutate(one.number)}
                />
              ))}
            </ol>
          )
        }}
      </Answer>
      {history.hasNextPage && (
        <button type="button" class="small" onClick={() => void history.fetchNextPage()}>
          {strings.common.more}
        </button>
      )}
    </>
  )
}

function Changed(props: { change: HistoryChange; busy: boolean; onUndo: () => void }) {
  const { change } = props
  const { mayWrite } = useSigned()
  const [range] = useRange()
  // Passwords and PINs are not kept, so they cannot come back.
  const kept = !change.fields.some((one) => ['password', 'pin'].includes(one.field) && one.from)
  return (
    <li>
      <header>
        <span class="note">
          <time dateTime={change.at}>{formatMoment(change.at, range.zone)}</time>{' '}
          {said.by(change.by)}. {change.undoes !== null && said.undoes(change.undoes)}
        </span>
        {mayWrite && kept && (
          <button
            type="button"
            class="quiet small"
            disabled={props.busy}
            aria-label={said.undoOf(change.number)}
            onClick={props.onUndo}
          >
            <Undo2 size={14} aria-hidden="true" /> {said.undo}
          </button>
        )}
      </header>
      {change.fields.map((one) => (
        <p key={one.field}>
          <b>{said.fields[one.field] ?? one.field}</b>{' '}
          <del>{shown(one.field, one.from, range.zone)}</del> →{' '}
          <ins>{shown(one.field, one.to, range.zone)}</ins>
        </p>
      ))}
    </li>
  )
}

function shown(field: string, value: HistoryChange['fields'][number]['from'], zone: string): string {
  if (value === null || value === '') return said.nothing
  if (typeof value === 'boolean') return value ? said.set : said.notSet
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([name, one]) => `${said.utm[name] ?? name}: ${one}`)
      .join(', ')
  if (field === 'pause_until') return formatMoment(value, zone)
  return (field === 'status' && said.statuses[value]) || value
}
