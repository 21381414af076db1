import { useMutation, useQuery, useQueryClient } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { answered, native, send } from '../../api/client'
import type { components } from '../../api/types/native'
import { formatCount } from '../../formats'
import { Confirmed } from '../../parts/Confirmed'
import { Snippet } from '../../parts/Copy'
import { Field, Select, TextArea } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { Card } from '../../parts/Page'
import { Problem } from '../../parts/States'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { Deletions } from './Deletions'

type Started = { id: string; proof_salt?: string }
type Body = components['schemas']['ErasureRequest']

const texts = strings.trust

/** The columns of an event that name a resource, from the schema of reports. */
function useResources(enabled: boolean): string[] {
  const schema = useQuery({
    queryKey: ['schema'],
    queryFn: () => answered(native.GET('/reports/schema')),
    staleTime: Number.POSITIVE_INFINITY,
    enabled,
  })
  const first = ['profile', 'subprofile', 'pass', 'destination', 'code', 'poster', 'program']
  const known = Object.keys(schema.data?.dimensions ?? {})
  return first.filter((name) => known.includes(name))
}

export function Erasure() {
  const { mayAdmin } = useSigned()
  if (!mayAdmin) return <Card>{texts.ownersOnly}</Card>
  return (
    <>
      <Card title={texts.erasure}>
        <ErasureForm />
      </Card>
      <Deletions />
    </>
  )
}

function ErasureForm() {
  const resources = useResources(true)
  const queries = useQueryClient()
  const [by, setBy] = useState('reference')
  const [column, setColumn] = useState('profile')
  const [value, setValue] = useState('')
  const body = bodyOf(by, column, value.trim())
  const survey = useMutation({
    mutationFn: async () => {
      const answer = await send('POST', '/erasures', { ...body, dry_run: true })
      return (answer as { events: number }).events
    },
  })
  const erase = useMutation({
    mutationFn: async () => (await answered(native.POST('/erasures', { body }))) as Started,
    onSuccess: () => queries.invalidateQueries({ queryKey: ['deletions'] }),
  })
  function change(set: (text: string) => void) {
    return (text: string) => {
      survey.reset()
      erase.reset()
      set(text)
    }
  }
  return (
    <Form
      class="stack"
      unsaved={() => value !== '' && !erase.isSuccess}
      onSubmit={() => {
        survey.mutate()
      }}
    >
      <p class="lead">{texts.erasureLead}</p>
      <div class="fields">
        <Select
          label={texts.by}
          value={by}
          options={Object.entries(texts.byOptions)}
          onValue={change(setBy)}
        />
        {by === 'reference' && (
          <Select
            label={texts.column}
            value={column}
            options={resources.map((name) => [name, name] as const)}
            onValue={change(setColumn)}
          />
        )}
        <What by={by} value={value} onValue={change(setValue)} />
      </div>
      <div class="row">
        <button type="submit" disabled={!value.trim() || survey.isPending}>
          {texts.survey}
        </button>
      </div>
      {survey.error && <Problem error={survey.error} />}
      {survey.data !== undefined && !erase.isSuccess && (
        <div class="row" role="status">
          <span>{texts.surveyed(survey.data)}</span>
          {survey.data > 0 && (
            <Confirmed
              events={survey.data}
              label={texts.confirm(survey.data)}
              pending={erase.isPending}
              onConfirm={() => erase.mutate()}
            />
          )}
        </div>
      )}
      {erase.error && <Problem error={erase.error} />}
      {erase.data && (
        <div class="stack" role="status">
          <p>
            {texts.started} <code>{erase.data.id}</code>
          </p>
          <Snippet label={texts.salt} text={erase.data.proof_salt ?? formatCount(0)} />
        </div>
      )}
    </Form>
  )
}

function What(props: { by: string; value: string; onValue: (text: string) => void }) {
  const { by, ...field } = props
  if (by === 'events') return <TextArea label={texts.eventIds} {...field} />
  if (by === 'tracker') return <Field label={texts.trackerId} inputMode="numeric" {...field} />
  if (by === 'ip') return <Field label={texts.address} hint={texts.addressHint} {...field} />
  return <Field label={texts.value} {...field} />
}

function bodyOf(by: string, column: string, value: string): Body {
  if (by === 'tracker') return { tracker: Number(value) }
  if (by === 'ip') return { ip: value }
  if (by === 'events') return { events: value.split(/[\s,]+/).filter(Boolean) }
  return { reference: { [column]: value } }
}
