/** Who is signed in. */
import { send, setCsrf } from './client'

export type Role = 'owner' | 'editor' | 'viewer'

export interface Session {
  member: { id: number; email: string; name: string }
  account: { id: number; name: string }
  role: Role
  scopes: string[]
  csrf: string
}

export async function currentSession(): Promise<Session> {
  return kept(await send('GET', '/session'))
}

export async function signIn(email: string, password: string): Promise<Session> {
  return kept(await send('POST', '/session', { email, password }))
}

/** Takes a one-time link: the first owner, an invitation, or a forgotten password. */
export async function welcome(asked: {
  token: string
  email?: string
  name?: string
  password: string
}): Promise<Session> {
  return kept(await send('POST', '/session/welcome', asked))
}

export async function signOut(): Promise<void> {
  await send('DELETE', '/session')
  setCsrf('')
}

function kept(told: unknown): Session {
  const session = told as Session
  setCsrf(session.csrf)
  return session
}
