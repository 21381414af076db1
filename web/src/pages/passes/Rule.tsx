import { useMutation, useQuery, useQueryClient } from '@tanstack/preact-query'
import { answered, passentry } from '../../api/client'
import { Select } from '../../parts/Field'
import { Card } from '../../parts/Page'
import { Answer, Problem } from '../../parts/States'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'

const texts = strings.passes
const params = { path: { entity_id: 'default' } }

/** After how long one pass lets in again. */
export function Rule() {
  const { mayWrite } = useSigned()
  const queries = useQueryClient()
  const rule = useQuery({
    queryKey: ['pass-rule'],
    queryFn: async () => {
      const path = '/api/v1/entities/{entity_id}/readerConfiguration'
      const answer = await answered(passentry.GET(path, { params }))
      return String(answer.data.attributes.validationConfiguration.validityPeriodSeconds)
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
    onSuccess: () => queries.invalidateQueries({ queryKey: ['pass-rule'] }),
  })
  return (
    <Card title={texts.rule}>
      <Answer of={rule} lines={2}>
        {(seconds) => (
          <div class="stack slim">
            {mayWrite ? (
              <Select
                label={texts.again}
                value={seconds}
                options={
                  texts.agains.some(([known]) => known === seconds)
                    ? texts.agains
                    : [...texts.agains, [seconds, texts.againOwn(seconds)]]
                }
                onValue={(picked) => save.mutate(picked)}
              />
            ) : (
              <p>
                {texts.again}:{' '}
                {texts.agains.find(([known]) => known === seconds)?.[1] ?? texts.againOwn(seconds)}
              </p>
            )}
            {seconds === '0' ? (
              <p class="notice">{texts.ruleNone}</p>
            ) : (
              <p class="note">{texts.ruleNote}</p>
            )}
            {save.error && <Problem error={save.error} />}
          </div>
        )}
      </Answer>
    </Card>
  )
}
