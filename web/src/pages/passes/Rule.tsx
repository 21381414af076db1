import { useMutation, useQuery, useQueryClient } from '@tanstack/preact-query'
import { answered, passentry } from '../../api/client'
import { Select } from '../../parts/Field'
import { Card } from '../../parts/Page'
import { Answer, Problem } from '../../parts/States'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'

const words = strings.passes
const params = { path: { entity_id: 'default' } }

/** After how long one pass lets in again. */
export function Rule() {
  const { mayWrite } = useSigned()
  const queries = useQueryClient()
  const rule = useQuery({
    queryKey: ['door-rule'],
    queryFn: async () => {
      const path = '/api/v1/entities/{entity_id}/readerConfiguration'
      const told = await answered(passentry.GET(path, { params }))
      return String(told.data.attributes.validationConfiguration.validityPeriodSeconds)
    },
  })
  const save = useMutation({
    mutationFn: (seconds: string) =>
      answered(
        passentry.PATCH('/api/v1/entities/{entity_id}/readerConfiguration', {
          params,
          body: {
            readerConfiguration: {
              validationConfiguration: { validityPeriodSeconds: Number(seconds) },
            },
          },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['door-rule'] }),
  })
  return (
    <Card title={words.rule}>
      <Answer of={rule} lines={2}>
        {(seconds) => (
          <div class="stack slim">
            {mayWrite ? (
              <Select
                label={words.again}
                value={seconds}
                options={
                  words.agains.some(([known]) => known === seconds)
                    ? words.agains
                    : [...words.agains, [seconds, words.againOwn(seconds)]]
                }
                onValue={(picked) => save.mutate(picked)}
              />
            ) : (
              <p>
                {words.again}:{' '}
                {words.agains.find(([known]) => known === seconds)?.[1] ?? words.againOwn(seconds)}
              </p>
            )}
            {seconds === '0' ? (
              <p class="notice">{words.ruleNone}</p>
            ) : (
              <p class="note">{words.ruleNote}</p>
            )}
            {save.error && <Problem error={save.error} />}
          </div>
        )}
      </Answer>
    </Card>
  )
}
