/** A key for the commands that pages show: made on demand, and known to this page alone, as long as it
 * is its member's. The server keeps only its hash, so a key that was made before cannot be shown. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { send } from '../api/client'
import { strings } from '../strings'

const KEPT = ['terminal']
const DAYS = 30

export function useTerminalKey() {
  const queries = useQueryClient()
  const { data: secret } = useQuery<string | null>({
    queryKey: KEPT,
    queryFn: () => null,
    enabled: false,
    initialData: null,
    gcTime: Infinity,
  })
  // One moment for all attempts: they are one request.
  const [begun] = useState(Date.now)
  const make = useMutation({
    mutationFn: async () => {
      const expires_at = new Date(begun + DAYS * 86_400_000).toISOString()
      const scopes = ['read', 'write', 'capture']
      const body = { name: strings.common.terminalKeyName, scopes, expires_at }
      return ((await send('POST', '/keys', body)) as { secret: string }).secret
    },
    onSuccess: (created) => {
      queries.setQueryData(KEPT, created)
      void queries.invalidateQueries({ queryKey: ['keys'] })
    },
  })
  return { secret, make }
}
