import { Undo2 } from 'lucide-preact'
import { formatMoment } from '../../formats'
import { Answer, Problem } from '../../parts/States'
import { useRange } from '../../state/range'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { type HistoryChange, useHistory, useUndo } from './queries'

const texts = strings.codes.destination

/** What was changed, by whom, and back again. */
export function History(props: { id: string }) {
  const history = useHistory(props.id)
  const undo = useUndo(props.id)
  return (
    <>
      {undo.error && <Problem error={undo.error} />}
      <Answer of={history} lines={6}>
        {(answer) => {
          const changes = answer.pages.flatMap((page) => page.changes)
          if (changes.length === 0) return <p class="note">{texts.historyEmpty}</p>
          return (
            <ol class="history" aria-label={texts.historyTitle}>
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
          {texts.by(change.by)}. {change.undoes !== null && texts.undoes(change.undoes)}
        </span>
        {mayWrite && kept && (
          <button
            type="button"
            class="quiet small"
            disabled={props.busy}
            aria-label={texts.undoOf(change.number)}
            onClick={props.onUndo}
          >
            <Undo2 size={14} aria-hidden="true" /> {texts.undo}
          </button>
        )}
      </header>
      {change.fields.map((one) => (
        <p key={one.field}>
          <b>{texts.fields[one.field] ?? one.field}</b>{' '}
          <del>{visible(one.field, one.from, range.zone)}</del> →{' '}
          <ins>{visible(one.field, one.to, range.zone)}</ins>
        </p>
      ))}
    </li>
  )
}

function visible(field: string, value: HistoryChange['fields'][number]['from'], zone: string): string {
  if (value === null || value === '') return texts.nothing
  if (typeof value === 'boolean') return value ? texts.set : texts.notSet
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([name, one]) => `${texts.utm[name] ?? name}: ${one}`)
      .join(', ')
  if (field === 'pause_until') return formatMoment(value, zone)
  return (field === 'status' && texts.statuses[value]) || value
}
