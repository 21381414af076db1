import { useMutation } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { changePassword } from '../../api/session'
import { Field } from '../../parts/Field'
import { Card } from '../../parts/Page'
import { Problem } from '../../parts/States'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'

/** One's own. Every other session of the member ends with it. */
export function Password() {
  const { session } = useSigned()
  const [old, setOld] = useState('')
  const [fresh, setFresh] = useState('')
  const change = useMutation({
    mutationFn: () => changePassword(old, fresh),
    onSuccess: () => {
      setOld('')
      setFresh('')
    },
  })
  return (
    <Card title={strings.settings.password} span={6}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault()
          change.mutate()
        }}
      >
        {/* So that password managers know whose it is. */}
        <input hidden readOnly autocomplete="username" value={session.member.email} />
        <Field
          label={strings.settings.oldPassword}
          type="password"
          required
          autocomplete="current-password"
          value={old}
          onValue={setOld}
        />
        <Field
          label={strings.settings.newPassword}
          type="password"
          required
          minLength={10}
          autocomplete="new-password"
          hint={strings.session.passwordHint}
          value={fresh}
          onValue={setFresh}
        />
        {change.error && <Problem error={change.error} />}
        <div class="row">
          <button type="submit" disabled={change.isPending}>
            {strings.settings.changePassword}
          </button>
          <p class="note" role="status">
            {change.isSuccess && strings.settings.passwordChanged}
          </p>
        </div>
      </form>
    </Card>
  )
}
