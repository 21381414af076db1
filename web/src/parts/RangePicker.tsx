import { CalendarDays, Globe } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { formatDay } from '../formats'
import { nothingToSave } from '../state/edits'
import { addDays, PRESETS, useRange } from '../state/range'
import { strings } from '../strings'
import { Dialog } from './Dialog'
import { Field } from './Field'
import { Form } from './Form'
import { ZonePicker } from './ZonePicker'

/** Which days, and whose days. */
export function RangePicker() {
  const [range, setRange] = useRange()
  const [picking, setPicking] = useState(false)
  const last = addDays(range.until, -1)
  return (
    <div class="row range">
      <label class="with-icon">
        <CalendarDays size={16} aria-hidden="true" />
        <span class="unseen">{strings.range.days}</span>
        <select
          value={range.days ?? 'own'}
          onChange={(event) => {
            const picked = event.currentTarget.value
            if (picked === 'own') setPicking(true)
            else setRange({ days: Number(picked) })
          }}
        >
          {PRESETS.map((days) => (
            <option key={days} value={days}>
              {strings.range.last(days)}
            </option>
          ))}
          {range.days !== null && !PRESETS.some((days) => days === range.days) && (
            <option value={range.days}>{strings.range.last(range.days)}</option>
          )}
          <option value="own">
            {range.days === null
              ? `${formatDay(range.since)} – ${formatDay(last)}`
              : strings.range.pick}
          </option>
        </select>
      </label>
      {range.days === null && (
        <button type="button" class="quiet small" onClick={() => setPicking(true)}>
          {strings.range.change}
        </button>
      )}
      <div class="with-icon">
        <Globe size={16} aria-hidden="true" />
        <ZonePicker value={range.zone} onValue={(zone) => setRange({ zone })} />
      </div>
      {picking && <Days onClose={() => setPicking(false)} />}
    </div>
  )
}

function Days(props: { onClose: () => void }) {
  const [range, setRange] = useRange()
  const [first, setFirst] = useState(range.since)
  const [last, setLast] = useState(addDays(range.until, -1))
  const wrong = first > last
  return (
    <Dialog title={strings.range.pick} onClose={props.onClose}>
      <Form
        unsaved={nothingToSave}
        onSubmit={() => {
          if (wrong) return
          setRange({ since: first, until: addDays(last, 1), days: null })
          props.onClose()
        }}
      >
        <Field label={strings.range.first} type="date" required value={first} onValue={setFirst} />
        <Field
          label={strings.range.lastDay}
          type="date"
          required
          value={last}
          onValue={setLast}
          error={wrong ? strings.range.wrong : undefined}
        />
        <footer class="dialog-foot">
          <button type="submit" class="primary">
            {strings.range.show}
          </button>
        </footer>
      </Form>
    </Dialog>
  )
}
