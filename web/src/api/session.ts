/** Who is signed in. */
import { send, setCsrf } from './client'

export type Role = 'owner' | 'editor' | 'viewer'

export interface Session {
  member: { id: number; email: string; name: string }
  account: { id: number; name: string; privacy?: string }
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

/** One's own. Every other session of the member ends; this one goes on as a new one. */
export async function changePassword(old: string, fresh: string): Promise<Session> {
  return kept(await send('POST', '/session/password', { old, new: fresh }))
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
