import { useQuery } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { answered, native } from '../../api/client'
import { type Session, welcome } from '../../api/session'
import type { components } from '../../api/types/native'
import { formatMoment } from '../../formats'
import { Field } from '../../parts/Field'
import { Answer, Problem } from '../../parts/States'
import { ownZone } from '../../state/range'
import { strings } from '../../strings'

/** Where a one-time link leads: `/dashboard/welcome#TOKEN`. What follows # is in no server's log. */
export function Welcome(props: { onSigned: (session: Session) => void }) {
  const [token] = useState(location.hash.slice(1))
  const link = useQuery({
    queryKey: ['link', token],
    queryFn: () => answered(native.POST('/session/link', { body: { token } })),
    enabled: token !== '',
    retry: false,
  })
  return (
    <main class="sign-in">
      <section class="card">
        <h1>{strings.session.welcome}</h1>
        {token === '' ? (
          <p>{strings.session.noToken}</p>
        ) : (
          <Answer of={link}>
            {(answer) => (
              <>
                <p>
                  <b>{purposeOf(answer)}</b>
                </p>
                <p class="note">{strings.session.linkUntil(formatMoment(answer.expires_at, ownZone))}</p>
                <Form
                  token={token}
                  email={answer.email}
                  name={answer.name}
                  onSigned={props.onSigned}
                />
              </>
            )}
          </Answer>
        )}
      </section>
    </main>
  )
}

/** What the link is for, in a sentence. */
function purposeOf(link: components['schemas']['OneTimeLink']): string {
  const { account, email, joined, invited_by: by } = link
  if (email === null) return strings.session.firstOwner(account.name)
  if (joined) return strings.session.newPasswordFor(account.name, by)
  return strings.session.invited(account.name, strings.settings.roles[link.role] ?? link.role, by)
}

/** `email` null: this is the first owner, who says it. */
function Form(props: {
  token: string
  email: string | null
  name: string
  onSigned: (session: Session) => void
}) {
  const [email, setEmail] = useState(props.email ?? '')
  const [name, setName] = useState(props.name)
  const [password, setPassword] = useState('')
  const [problem, setProblem] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const [, go] = useLocation()
  async function submit(event: Event) {
    event.preventDefault()
    setBusy(true)
    setProblem(null)
    try {
      const { token } = props
      const body = { token, name, password, ...(props.email === null ? { email } : {}) }
      props.onSigned(await welcome(body))
      go('/', { replace: true })
    } catch (error) {
      setProblem(error)
      setBusy(false)
    }
  }
  return (
    <form class="stack" onSubmit={submit}>
      {problem !== null && <Problem error={problem} />}
      <Field
        label={strings.session.email}
        type="email"
        required
        readOnly={props.email !== null}
        autocomplete="username"
        value={email}
        onValue={setEmail}
      />
      <Field
        label={strings.session.name}
        autocomplete="name"
        value={name}
        onValue={setName}
      />
      <Field
        label={strings.session.newPassword}
        type="password"
        required
        minLength={10}
        autocomplete="new-password"
        hint={strings.session.passwordHint}
        value={password}
        onValue={setPassword}
      />
      <button type="submit" class="primary" disabled={busy}>
        {strings.session.start}
      </button>
    </form>
  )
}
