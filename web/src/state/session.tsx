import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Session } from '../api/session'

export interface Signed {
  session: Session
  /** Whether they may make and change things. */
  mayWrite: boolean
  /** Whether they may manage members, keys, retention and erasure. */
  mayAdmin: boolean
  leave: () => void
}

export const SessionContext = createContext<Signed | null>(null)

/** Only below the sign-in: there is always somebody. */
export function useSigned(): Signed {
  const signed = useContext(SessionContext)
  if (signed === null) throw new Error('nobody is signed in here')
  return signed
}
