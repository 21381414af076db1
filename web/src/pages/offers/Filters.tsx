import { X } from 'lucide-preact'
import { useId, useState } from 'preact/hooks'
import { Field, Select } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { nothingToSave } from '../../state/edits'
import { strings } from '../../strings'

const texts = strings.offers
/** Columns of time, and what only reports know, are not filtered by. */
export const NEVER = new Set(['date', 'week', 'month', 'referer'])

export interface Narrowed {
  kind: 'only' | 'without'
  column: string
  value: string
}

/** `only=affiliate:5` and `without=country:NL` of the address. */
export function readFilters(search: URLSearchParams): Narrowed[] {
  return (['only', 'without'] as const).flatMap((kind) =>
    search.getAll(kind).flatMap((answer) => {
      const [column = '', ...value] = answer.split(':')
      if (!(column in texts.columns) || NEVER.has(column)) return []
      return [{ kind, column, value: value.join(':') }]
    }),
  )
}

export function Filters(props: {
  narrowed: Narrowed[]
  labelOf: (column: string, value: string) => string
  /** Values to pick from, with their texts. */
  known: (column: string) => [string, string][]
  onChange: (narrowed: Narrowed[]) => void
}) {
  const [adding, setAdding] = useState(false)
  return (
    <>
      <div class="row spaced">
        <span class="note">{texts.filter}</span>
        {props.narrowed.map((one, place) => {
          const label = props.labelOf(one.column, one.value)
          const answer = `${texts[one.kind]} ${texts.columns[one.column]} ${label}`
          return (
            <span key={answer} class={`picked-chip ${one.kind}`}>
              {answer}
              <button
                type="button"
                class="quiet small"
                aria-label={texts.removeFilter(answer)}
                onClick={() =>
                  props.onChange(props.narrowed.filter((_, other) => other !== place))
                }
              >
                <X size={14} aria-hidden="true" />
              </button>
            </span>
          )
        })}
        <button
          type="button"
          class="small"
          aria-expanded={adding}
          onClick={() => setAdding(!adding)}
        >
          {texts.newFilter}
        </button>
      </div>
      {adding && (
        <Add
          known={props.known}
          onAdd={(one) => {
            setAdding(false)
            props.onChange([...props.narrowed, one])
          }}
        />
      )}
    </>
  )
}

function Add(props: { known: (column: string) => [string, string][]; onAdd: (one: Narrowed) => void }) {
  const [kind, setKind] = useState<Narrowed['kind']>('only')
  const [column, setColumn] = useState('affiliate')
  const [value, setValue] = useState('')
  const list = useId()
  return (
    <Form
      class="filters"
      unsaved={nothingToSave}
      onSubmit={() => {
        props.onAdd({ kind, column, value: value.trim() })
      }}
    >
      <Select
        label={texts.filterKind}
        value={kind}
        options={[
          ['only', texts.only],
          ['without', texts.without],
        ]}
        onValue={(picked) => setKind(picked as Narrowed['kind'])}
      />
      <Select
        label={texts.filterColumn}
        value={column}
        options={Object.entries(texts.columns).filter(([one]) => !NEVER.has(one))}
        onValue={setColumn}
      />
      <Field
        label={texts.filterValue}
        value={value}
        required
        list={list}
        onValue={setValue}
      />
      <datalist id={list}>
        {props.known(column).map(([one, text]) => (
          <option key={one} value={one} label={text} />
        ))}
      </datalist>
      <button type="submit">{texts.addFilter}</button>
    </Form>
  )
}
