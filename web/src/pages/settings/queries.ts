/** Members and keys, which the server has beside its typed operations. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/preact-query'
import { send } from '../../api/client'
import type { Role } from '../../api/session'

export interface Member {
  id: number
  email: string
  name: string
  role: Role
  joined: boolean
  created_at: string
  last_seen_at: string | null
}

export interface Invited extends Member {
  link: string
  link_days: number
}

export interface Key {
  id: number
  name: string
  begins: string
  scopes: string[]
  usable: boolean
  creations_per_hour: number | null
  created_at: string
  expires_at: string | null
  last_used_at: string | null
  revoked_at: string | null
}

export const useMembers = () =>
  useQuery({
    queryKey: ['members'],
    queryFn: async () => ((await send('GET', '/members')) as { members: Member[] }).members,
  })

export const useKeys = () =>
  useQuery({
    queryKey: ['keys'],
    queryFn: async () => ((await send('GET', '/keys')) as { keys: Key[] }).keys,
  })

/** Something that changes members or keys, after which the list is fetched again. */
export function useChange<Body, Answer>(
  list: 'members' | 'keys',
  change: (body: Body) => Promise<unknown>,
  onDone?: (answer: Answer) => void,
) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (body: Body) => (await change(body)) as Answer,
    onSuccess: (answer) => {
      void queries.invalidateQueries({ queryKey: [list] })
      onDone?.(answer)
    },
  })
}
