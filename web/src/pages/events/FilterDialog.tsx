import { useId, useState } from 'preact/hooks'
import { numberOf, textOf, useReport, windowOf } from '../../api/queries'
import { formatCount } from '../../formats'
import { Dialog } from '../../parts/Dialog'
import { Checkbox, Field, Select } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { Loading } from '../../parts/States'
import { nothingToSave } from '../../state/edits'
import type { Range } from '../../state/range'
import { strings } from '../../strings'
import { useTrackerNames } from '../overview/names'
import { GROUPS, METADATA, nameOf, NUMBERS, ungrouped } from './columns'
import { type Filter, type Operator, showValue, TIMES } from './filters'
import { useColumnsKnown } from './queries'

/** What can be chosen for a test: `present` is two of them. */
type Test = Exclude<Operator, 'present'> | 'there' | 'absent'

const OF_TEXT: Test[] = ['is', 'not', 'contains', 'prefix', 'there', 'absent']
const OF_NUMBERS: Test[] = ['is', 'not', 'from', 'to', 'there', 'absent']
const OF_METADATA: Test[] = ['is', 'not', 'contains', 'prefix', 'from', 'to', 'there', 'absent']
const CUSTOM = 'metadata'

function testsOf(column: string): Test[] {
  if (TIMES.includes(column)) return ['from', 'to']
  if (column === CUSTOM) return OF_METADATA
  return NUMBERS.includes(column) ? OF_NUMBERS : OF_TEXT
}

function testOf(filter: Filter | undefined): Test {
  if (filter === undefined) return 'is'
  if (filter.operator !== 'present') return filter.operator
  return filter.values[0] === 'false' ? 'absent' : 'there'
}

/** Chooses a column, a test and values: those that there are, with their counts, or any other. */
export function FilterDialog(props: {
  filter: Filter | undefined
  range: Range
  onFilter: (filter: Filter) => void
  onClose: () => void
}) {
  const { filter } = props
  const inMetadata = filter?.column.startsWith(METADATA) ?? false
  const [column, setColumn] = useState(inMetadata ? CUSTOM : (filter?.column ?? 'source'))
  const [key, setKey] = useState(inMetadata ? (filter?.column.slice(METADATA.length) ?? '') : '')
  const [test, setTest] = useState<Test>(testOf(filter))
  const [values, setValues] = useState<string[]>(filter?.values ?? [])
  const [written, setWritten] = useState('')
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const many = test === 'is' || test === 'not'
  const needsValue = test !== 'there' && test !== 'absent'

  function pickColumn(picked: string) {
    setColumn(picked)
    setValues([])
    setWritten('')
    setProblem(undefined)
    if (!testsOf(picked).includes(test)) setTest(testsOf(picked)[0] ?? 'is')
  }

  function submit() {
    const more = written.trim() === '' ? [] : [written.trim()]
    const path = column === CUSTOM ? METADATA + key.trim() : column
    if (column === CUSTOM && key.trim() === '') return setProblem(strings.events.needsKey)
    if (!needsValue)
      return props.onFilter({ column: path, operator: 'present', values: [String(test === 'there')] })
    const all = many ? [...new Set([...values, ...more])] : more
    if (all.length === 0) return setProblem(strings.events.needsValue)
    const numeric = test === 'from' || test === 'to' || NUMBERS.includes(column)
    if (numeric && !TIMES.includes(column) && all.some((one) => !/^-?\d+(\.\d+)?$/.test(one)))
      return setProblem(strings.events.needsNumber)
    props.onFilter({ column: path, operator: test, values: all })
  }

  return (
    <Dialog
      title={filter ? strings.events.editFilter : strings.events.addFilter}
      onClose={props.onClose}
    >
      <Form unsaved={nothingToSave} onSubmit={submit} class="filter-form">
        <div class="fields">
          <ColumnSelect value={column} onValue={pickColumn} />
          <Select
            label={strings.events.test}
            value={test}
            options={testsOf(column).map((one) => [one, strings.events.tests[one]] as const)}
            onValue={(picked) => {
              setTest(picked as Test)
              setProblem(undefined)
            }}
          />
        </div>
        {column === CUSTOM && (
          <Field
            label={strings.events.metadataKey}
            hint={strings.events.metadataHint}
            value={key}
            onValue={setKey}
          />
        )}
        {many && (
          <Values
            column={column}
            range={props.range}
            values={values}
            onValues={(chosen) => {
              setValues(chosen)
              setProblem(undefined)
            }}
          />
        )}
        {needsValue && (
          <Field
            label={many && values.length > 0 ? strings.events.otherValue : strings.events.value}
            type={TIMES.includes(column) ? 'datetime-local' : 'text'}
            value={written}
            onValue={(text) => {
              setWritten(text)
              setProblem(undefined)
            }}
            error={problem}
          />
        )}
        {!needsValue && problem && <p class="note error">{problem}</p>}
        <footer class="dialog-foot">
          <button type="submit" class="primary">
            {strings.events.apply}
          </button>
        </footer>
      </Form>
    </Dialog>
  )
}

function ColumnSelect(props: { value: string; onValue: (column: string) => void }) {
  const id = useId()
  const known = useColumnsKnown()
  const others = ungrouped(Object.keys(known.data?.dimensions ?? {}))
  return (
    <div class="field">
      <label for={id}>{strings.events.field}</label>
      <select
        id={id}
        value={props.value}
        onChange={(event) => props.onValue(event.currentTarget.value)}
      >
        {Object.entries(GROUPS).map(([group, names]) => (
          <optgroup key={group} label={strings.events.groups[group] ?? group}>
            {names.map((name) => (
              <option key={name} value={name}>
                {nameOf(name)}
              </option>
            ))}
          </optgroup>
        ))}
        <optgroup label={strings.events.metadata}>
          <option value={CUSTOM}>{strings.events.metadataPath}</option>
          {others.map((name) => (
            <option key={name} value={name}>
              {nameOf(name)}
            </option>
          ))}
        </optgroup>
      </select>
    </div>
  )
}

/** The values that there are in these days, the most frequent first, where they are counted. */
function Values(props: {
  column: string
  range: Range
  values: string[]
  onValues: (values: string[]) => void
}) {
  const { column, values, onValues } = props
  const known = useColumnsKnown()
  const counted = known.data?.dimensions[column] === 'counted in advance'
  const report = useReport(
    {
      ...windowOf(props.range),
      metrics: ['events'],
      dimensions: [column],
      order_by: 'events',
      top: 30,
    },
    { enabled: counted },
  )
  const found = (counted && !report.isPlaceholderData ? (report.data?.rows ?? []) : []).flatMap((row) => {
    const value = textOf(row, column)
    return value === '' || value === '0' ? [] : [{ value, count: numberOf(row, 'events') }]
  })
  const trackers = column === 'tracker' ? [...found.map((one) => one.value), ...values] : []
  const names = useTrackerNames([...new Set(trackers)])
  const extra = values.filter((value) => found.every((one) => one.value !== value))
  if (!counted && extra.length === 0) return null
  if (counted && report.isPending) return <Loading lines={4} />
  return (
    <fieldset class="values">
      <legend>{strings.events.values}</legend>
      {found.length + extra.length === 0 && <p class="note">{strings.events.noValues}</p>}
      {[...extra.map((value) => ({ value, count: null })), ...found].map(({ value, count }) => (
        <Checkbox
          key={value}
          checked={values.includes(value)}
          onChecked={(chosen) =>
            onValues(chosen ? [...values, value] : values.filter((one) => one !== value))
          }
          label={
            <>
              {showValue(column, value, names)}{' '}
              {count !== null && <span class="note">{formatCount(count)}</span>}
            </>
          }
        />
      ))}
    </fieldset>
  )
}
