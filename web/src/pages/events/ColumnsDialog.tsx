import { useState } from 'preact/hooks'
import { Dialog } from '../../parts/Dialog'
import { Checkbox, Field } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { nothingToSave } from '../../state/edits'
import { strings } from '../../strings'
import { GROUPS, METADATA, nameOf, ungrouped } from './columns'
import { useColumnsKnown } from './queries'

/** Which columns the list has. Each choice counts at once. */
export function ColumnsDialog(props: {
  columns: string[]
  onColumns: (columns: string[] | null) => void
  onClose: () => void
}) {
  const { columns, onColumns } = props
  const [key, setKey] = useState('')
  const known = useColumnsKnown()
  const others = [
    ...ungrouped(Object.keys(known.data?.dimensions ?? {})),
    'metadata',
    ...columns.filter((one) => one.startsWith(METADATA)),
  ]
  const all = [...Object.entries(GROUPS), [strings.events.metadata, others] as const]
  const order = all.flatMap(([, names]) => names)
  function choose(name: string, chosen: boolean) {
    const next = chosen ? [...columns, name] : columns.filter((one) => one !== name)
    onColumns(next.toSorted((one, other) => order.indexOf(one) - order.indexOf(other)))
  }
  return (
    <Dialog title={strings.events.columns} onClose={props.onClose} wide>
      <p class="note">{strings.events.columnsLead}</p>
      <div class="column-groups">
        {all.map(([group, names]) => (
          <fieldset key={group}>
            <legend>{strings.events.groups[group] ?? group}</legend>
            {names.map((name) => (
              <Checkbox
                key={name}
                label={nameOf(name)}
                checked={columns.includes(name)}
                disabled={columns.length === 1 && columns[0] === name}
                onChecked={(chosen) => choose(name, chosen)}
              />
            ))}
          </fieldset>
        ))}
      </div>
      <Form
        class="row end"
        unsaved={nothingToSave}
        onSubmit={() => {
          if (key.trim() === '') return
          onColumns([...columns.filter((one) => one !== METADATA + key.trim()), METADATA + key.trim()])
          setKey('')
        }}
      >
        <Field
          label={strings.events.metadataKey}
          hint={strings.events.metadataHint}
          value={key}
          onValue={setKey}
        />
        <footer class="dialog-foot">
          <button type="submit" disabled={key.trim() === ''}>
            {strings.events.addColumn}
          </button>
        </footer>
      </Form>
      <footer class="dialog-foot">
        <button type="button" class="quiet" onClick={() => onColumns(null)}>
          {strings.events.usual}
        </button>
      </footer>
    </Dialog>
  )
}
