import { useState } from 'preact/hooks'
import { type Session, signIn } from '../../api/session'
import { Field } from '../../parts/Field'
import { Problem } from '../../parts/States'
import { strings } from '../../strings'

export function SignIn(props: { onSigned: (session: Session) => void }) {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [problem, setProblem] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  async function submit(event: Event) {
    event.preventDefault()
    setBusy(true)
    setProblem(null)
    try {
      props.onSigned(await signIn(email, password))
    } catch (error) {
      setProblem(error)
    }
    setBusy(false)
  }
  return (
    <main class="sign-in">
      <form class="card" onSubmit={submit}>
        <h1>{strings.common.product}</h1>
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
          label={strings.session.password}
          type="password"
          required
          autocomplete="current-password"
          value={password}
          onValue={setPassword}
        />
        <button type="submit" class="primary" disabled={busy}>
          {strings.session.signIn}
        </button>
        <p class="note">{strings.session.first}</p>
        <p class="note">
          {strings.session.forgotten} <code>{strings.session.forgottenCommand}</code>
        </p>
      </form>
    </main>
  )
}
