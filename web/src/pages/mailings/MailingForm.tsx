import { useLocation } from 'wouter-preact'
import { answered, copernica } from '../../api/client'
import { FormDialog } from '../../parts/Dialog'
import { useDraft } from '../../parts/draft'
import { Field } from '../../parts/Field'
import { Conflicts } from '../../parts/Stale'
import { nothingToSave } from '../../state/edits'
import { strings } from '../../strings'
import { type Emailing, makeEmailing, subjectOf, useRefresh } from './queries'

const texts = strings.mailings
const LABELS = {
  subject: texts.subject,
  description: texts.description,
  name: texts.fromName,
  email: texts.fromEmail,
}

/** Makes a mailing, or changes one. */
export function MailingForm(props: {
  emailing?: Emailing
  onClose: () => void
  onCreated?: (id: string) => void
}) {
  const { emailing } = props
  const { values, changed, conflicts, set, settle, unsaved } = useDraft({
    subject: emailing?.subject ?? '',
    description: emailing?.description ?? '',
    name: emailing?.from_address?.name ?? '',
    email: emailing?.from_address?.email ?? '',
  })
  const refresh = useRefresh()
  async function submit() {
    const { name, email, subject, description } = values
    // A sender's name and address are one field there.
    const from_address = name || email ? { name, email } : null
    if (emailing) {
      const params = { path: { id: emailing.id } }
      const body = {
        ...('subject' in changed && { subject }),
        ...('description' in changed && { description }),
        ...(('name' in changed || 'email' in changed) && { from_address }),
      }
      if (Object.keys(body).length > 0)
        await answered(copernica.PUT('/v4/publisher/emailing/{id}', { params, body }))
      await refresh()
    } else {
      const id = await makeEmailing({ subject, description, from_address })
      await refresh()
      settle()
      props.onCreated?.(id)
    }
  }
  return (
    <FormDialog
      title={emailing ? texts.editTitle : texts.make}
      action={emailing ? strings.common.save : texts.create}
      unsaved={unsaved}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <Field
        label={texts.subject}
        required
        maxLength={1000}
        value={values.subject}
        onValue={(subject) => set({ subject })}
      />
      <div class="fields">
        <Field label={texts.fromName} value={values.name} onValue={(name) => set({ name })} />
        <Field
          label={texts.fromEmail}
          type="email"
          value={values.email}
          onValue={(email) => set({ email })}
        />
      </div>
      <Field
        label={texts.description}
        maxLength={1000}
        value={values.description}
        onValue={(description) => set({ description })}
      />
      <Conflicts names={conflicts.map((one) => LABELS[one])} />
    </FormDialog>
  )
}

export function DeleteMailing(props: { emailing: Emailing; onClose: () => void }) {
  const { emailing } = props
  const refresh = useRefresh()
  const [, go] = useLocation()
  async function submit() {
    const params = { path: { id: emailing.id } }
    await answered(copernica.DELETE('/v4/publisher/emailing/{id}', { params }))
    go('/mailings')
    await refresh(emailing.id)
  }
  return (
    <FormDialog
      title={texts.deleteTitle}
      action={strings.common.remove}
      danger
      unsaved={nothingToSave}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <p>{texts.deleteText(subjectOf(emailing))}</p>
    </FormDialog>
  )
}
