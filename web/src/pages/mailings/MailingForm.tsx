import { useState } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { answered, copernica } from '../../api/client'
import { FormDialog } from '../../parts/Dialog'
import { Field } from '../../parts/Field'
import { strings } from '../../strings'
import { type Emailing, makeEmailing, subjectOf, useRefresh } from './questions'

const texts = strings.mailings

/** Makes a mailing, or changes one. */
export function MailingForm(props: {
  emailing?: Emailing
  onClose: () => void
  onMade?: (id: string) => void
}) {
  const { emailing } = props
  const [subject, setSubject] = useState(emailing?.subject ?? '')
  const [description, setDescription] = useState(emailing?.description ?? '')
  const [name, setName] = useState(emailing?.from_address?.name ?? '')
  const [email, setEmail] = useState(emailing?.from_address?.email ?? '')
  const refresh = useRefresh()
  async function submit() {
    const from_address = name || email ? { name, email } : null
    const body = { subject, description, from_address }
    if (emailing) {
      const params = { path: { id: emailing.id } }
      await answered(copernica.PUT('/v4/publisher/emailing/{id}', { params, body }))
      await refresh()
    } else {
      const id = await makeEmailing(body)
      await refresh()
      props.onMade?.(id)
    }
  }
  return (
    <FormDialog
      title={emailing ? texts.editTitle : texts.make}
      action={emailing ? strings.common.save : texts.create}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <Field
        label={texts.subject}
        required
        maxLength={1000}
        value={subject}
        onValue={setSubject}
      />
      <div class="fields">
        <Field label={texts.fromName} value={name} onValue={setName} />
        <Field label={texts.fromEmail} type="email" value={email} onValue={setEmail} />
      </div>
      <Field
        label={texts.description}
        maxLength={1000}
        value={description}
        onValue={setDescription}
      />
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
    await refresh()
  }
  return (
    <FormDialog
      title={texts.deleteTitle}
      action={strings.common.remove}
      danger
      onSubmit={submit}
      onClose={props.onClose}
    >
      <p>{texts.deleteText(subjectOf(emailing))}</p>
    </FormDialog>
  )
}
