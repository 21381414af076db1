import { useState } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { type Session, welcome } from '../../api/session'
import { Field } from '../../parts/Field'
import { Problem } from '../../parts/States'
import { strings } from '../../strings'

/** Where a one-time link leads: `/dashboard/welcome#TOKEN`. What follows # reaches no server's log. */
export function Welcome(props: { onSigned: (session: Session) => void }) {
  const [token] = useState(location.hash.slice(1))
  const [email, setEmail] = useState('')
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [problem, setProblem] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const [, go] = useLocation()
  async function submit(event: Event) {
    event.preventDefault()
    setBusy(true)
    setProblem(null)
    try {
      props.onSigned(await welcome({ token, email, name, password }))
      go('/', { replace: true })
    } catch (error) {
      setProblem(error)
    }
    setBusy(false)
  }
  return (
    <main class="door">
      <form class="card" onSubmit={submit}>
        <h1>{strings.session.welcome}</h1>
        <p>{token ? strings.session.welcomeLead : strings.session.noToken}</p>
        {problem !== null && <Problem error={problem} />}
        <Field
          label={strings.session.email}
          type="email"
          required
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
        <button type="submit" class="primary" disabled={busy || !token}>
          {strings.session.start}
        </button>
      </form>
    </main>
  )
}
