import { useMutation } from '@tanstack/preact-query'
import { changePassword } from '../../api/session'
import { useDraft } from '../../parts/draft'
import { Field } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { Card } from '../../parts/Page'
import { Problem } from '../../parts/States'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'

/** One's own. Every other session of the member ends with it. */
export function Password() {
  const { session } = useSigned()
  const { values, set, settle, unsaved } = useDraft({ old: '', fresh: '' })
  const change = useMutation({
    mutationFn: () => changePassword(values.old, values.fresh),
    onSuccess: settle,
  })
  return (
    <Card title={strings.settings.password} span={6}>
      <Form
        class="stack"
        unsaved={unsaved}
        onSubmit={() => {
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
          value={values.old}
          onValue={(old) => set({ old })}
        />
        <Field
          label={strings.settings.newPassword}
          type="password"
          required
          minLength={10}
          autocomplete="new-password"
          hint={strings.session.passwordHint}
          value={values.fresh}
          onValue={(fresh) => set({ fresh })}
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
      </Form>
    </Card>
  )
}
