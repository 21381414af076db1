import { useMutation, useQueryClient } from '@tanstack/preact-query'
import { Link, useSearchParams } from 'wouter-preact'
import { answered, openqr } from '../../api/client'
import { CopyButton } from '../../parts/Copy'
import { useDraft } from '../../parts/draft'
import { Field, Tabs } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { Card, Page } from '../../parts/Page'
import { Problem } from '../../parts/States'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { Downloads, Symbol } from './Symbol'
import { asLink, type Made, nameOf, withoutScheme } from './questions'
import { Many } from './Many'

const said = strings.codes.making

export default function NewCode() {
  const { mayWrite } = useSigned()
  const [search, setSearch] = useSearchParams()
  const many = search.has('many')
  if (!mayWrite)
    return (
      <Page title={said.title}>
        <p class="notice">{strings.common.mayOnlyRead}</p>
      </Page>
    )
  return (
    <Page
      title={said.title}
      actions={
        <Tabs
          name={said.title}
          value={many ? 'many' : 'one'}
          options={[
            ['one', said.one],
            ['many', said.many],
          ]}
          onValue={(picked) => setSearch(picked === 'many' ? { many: '1' } : {})}
        />
      }
    >
      {many ? <Many /> : <One />}
    </Page>
  )
}

function One() {
  const draft = useDraft({ destination: '', label: '' })
  const { values, set } = draft
  const { destination, label } = values
  const queries = useQueryClient()
  const make = useMutation({
    mutationFn: () =>
      answered(
        openqr.POST('/v1/dynamic', {
          body: { destination: asLink(destination), ...(label.trim() && { label: label.trim() }) },
        }),
      ),
    onSuccess: () => {
      draft.settle()
      void queries.invalidateQueries({ queryKey: ['codes'] })
    },
  })
  if (make.data)
    return (
      <Ready
        code={make.data}
        onAnother={make.reset}
      />
    )
  return (
    <Card class="narrow">
      <Form
        class="stack"
        unsaved={draft.unsaved}
        onSubmit={() => {
          make.mutate()
        }}
      >
        <Field
          label={said.destination}
          hint={said.destinationHint}
          value={destination}
          onValue={(destination) => set({ destination })}
          required
          autofocus
          inputMode="url"
          autocomplete="url"
          placeholder="https://example.org/menu"
        />
        <Field
          label={said.label}
          hint={said.labelHint}
          value={label}
          onValue={(label) => set({ label })}
          maxLength={200}
        />
        {make.error && <Problem error={make.error} />}
        <div class="row">
          <button type="submit" class="primary" disabled={make.isPending}>
            {said.make}
          </button>
        </div>
      </Form>
    </Card>
  )
}

function Ready(props: { code: Made; onAnother: () => void }) {
  const { code } = props
  return (
    <Card title={said.ready} class="narrow">
      <div class="beside" role="status">
        <Symbol code={code} />
        <div class="stack">
          <p class="note">{said.scanIt}</p>
          <p class="row">
            <a href={code.short_url} target="_blank" rel="noreferrer">
              {withoutScheme(code.short_url)}
            </a>
            <CopyButton text={code.short_url} />
          </p>
          <Downloads id={code.id} name={nameOf(code)} />
          <div class="row">
            <Link href={`/codes/${code.id}`} class="button primary">
              {said.open}
            </Link>
            <Link href={`/codes/${code.id}/design`} class="button">
              {said.design}
            </Link>
            <button type="button" class="quiet" onClick={props.onAnother}>
              {said.another}
            </button>
          </div>
        </div>
      </div>
    </Card>
  )
}
