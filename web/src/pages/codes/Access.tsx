import { useState } from 'preact/hooks'
import { momentAt } from '../../moments'
import { useDraft } from '../../parts/draft'
import { Field } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { Card } from '../../parts/Page'
import { Problem } from '../../parts/States'
import { useRange } from '../../state/range'
import { strings } from '../../strings'
import { type Code, type CodeChange, useChange } from './queries'
import { Saving } from './Saving'

const texts = strings.codes.access

/** Who is led on: nobody for a while, or those who know a word. */
export function Access(props: { code: Code }) {
  return (
    <div class="grid">
      <Card title={texts.pauseTitle} span={6}>
        <Pause code={props.code} />
      </Card>
      <Card title={texts.lockTitle} span={6}>
        <Lock code={props.code} />
      </Card>
    </div>
  )
}

function Pause(props: { code: Code }) {
  const { code } = props
  const { values, set, settle, unsaved } = useDraft({ until: '' })
  const [past, setPast] = useState(false)
  const [{ zone }] = useRange()
  const change = useChange(code.id)
  const paused = code.status === 'paused'
  return (
    <div class="stack">
      {!paused && <p>{texts.live}</p>}
      <p class="note">{texts.pauseNote}</p>
      {change.error && <Problem error={change.error} />}
      <div class="row">
        <button
          type="button"
          class={paused ? 'primary' : ''}
          disabled={change.isPending}
          onClick={() => change.mutate({ status: paused ? 'active' : 'paused' })}
        >
          {paused ? texts.resume : texts.pause}
        </button>
      </div>
      {!paused && (
        <Form
          class="inline-form"
          unsaved={unsaved}
          onSubmit={() => {
            const moment = momentAt(values.until, zone)
            const ahead = moment.getTime() > Date.now()
            setPast(!ahead)
            if (ahead) change.mutate({ pause_until: moment.toISOString() }, { onSuccess: settle })
          }}
        >
          <Field
            label={strings.common.inZone(texts.until, zone)}
            type="datetime-local"
            required
            value={values.until}
            onValue={(until) => set({ until })}
            error={past ? texts.inPast : undefined}
          />
          <button type="submit" disabled={change.isPending}>
            {texts.pauseUntil}
          </button>
        </Form>
      )}
    </div>
  )
}

function Lock(props: { code: Code }) {
  const { code } = props
  const { values, changed, set, settle, unsaved } = useDraft({
    hint: code.lock_hint ?? '',
    password: '',
    pin: '',
  })
  const { password, pin } = values
  const change = useChange(code.id)
  const changes: CodeChange = {
    ...(password && { password }),
    ...(pin && { pin }),
    ...(changed.hint !== undefined && { lock_hint: changed.hint.trim() || null }),
  }
  return (
    <Form
      class="stack"
      autocomplete="off"
      unsaved={unsaved}
      onSubmit={() => {
        change.mutate(changes, { onSuccess: settle })
      }}
    >
      <p class="note">{texts.lockLead}</p>
      <Locked code={code} onChange={(changes) => change.mutate(changes)} />
      <Field
        label={texts.password}
        type="password"
        autocomplete="new-password"
        minLength={4}
        maxLength={128}
        hint={texts.passwordHint}
        value={password}
        onValue={(password) => set({ password })}
      />
      <Field
        label={texts.pin}
        inputMode="numeric"
        autocomplete="off"
        pattern="[0-9]{4}"
        maxLength={4}
        hint={texts.pinHint}
        value={pin}
        onValue={(pin) => set({ pin })}
      />
      <Field label={texts.hint} hint={texts.hintHint} maxLength={60} value={values.hint} onValue={(hint) => set({ hint })} />
      <Saving of={change} dirty={Object.keys(changes).length > 0} />
    </Form>
  )
}

function Locked(props: { code: Code; onChange: (changes: CodeChange) => void }) {
  const { has_password: password, has_pin: pin } = props.code
  if (!password && !pin) return <p>{texts.open}</p>
  return (
    <>
      {password && (
        <p class="row">
          {texts.hasPassword}
          <button
            type="button"
            class="small"
            onClick={() => props.onChange({ password: null })}
          >
            {texts.removePassword}
          </button>
        </p>
      )}
      {pin && (
        <p class="row">
          {texts.hasPin}
          <button type="button" class="small" onClick={() => props.onChange({ pin: null })}>
            {texts.removePin}
          </button>
        </p>
      )}
    </>
  )
}
