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
import { asLink, type Created, nameOf, withoutScheme } from './queries'
import { Many } from './Many'

const texts = strings.codes.making

export default function NewCode() {
  const { mayWrite } = useSigned()
  const [search, setSearch] = useSearchParams()
  const many = search.has('many')
  if (!mayWrite)
    return (
      <Page title={texts.title}>
        <p class="notice">{strings.common.mayOnlyRead}</p>
      </Page>
    )
  return (
    <Page
      title={texts.title}
      actions={
        <Tabs
          name={texts.title}
          value={many ? 'many' : 'one'}
          options={[
            ['one', texts.one],
            ['many', texts.many],
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
          label={texts.destination}
          hint={texts.destinationHint}
          value={destination}
          onValue={(destination) => set({ destination })}
          required
          autofocus
          inputMode="url"
          autocomplete="url"
          placeholder="https://example.org/menu"
        />
        <Field
          label={texts.label}
          hint={texts.labelHint}
          value={label}
          onValue={(label) => set({ label })}
          maxLength={200}
        />
        {make.error && <Problem error={make.error} />}
        <div class="row">
          <button type="submit" class="primary" disabled={make.isPending}>
            {texts.make}
          </button>
        </div>
      </Form>
    </Card>
  )
}

function Ready(props: { code: Created; onAnother: () => void }) {
  const { code } = props
  return (
    <Card title={texts.ready} class="narrow">
      <div class="beside" role="status">
        <Symbol code={code} />
        <div class="stack">
          <p class="note">{texts.scanIt}</p>
          <p class="row">
            <a href={code.short_url} target="_blank" rel="noreferrer">
              {withoutScheme(code.short_url)}
            </a>
            <CopyButton text={code.short_url} />
          </p>
          <Downloads id={code.id} name={nameOf(code)} />
          <div class="row">
            <Link href={`/codes/${code.id}`} class="button primary">
              {texts.open}
            </Link>
            <Link href={`/codes/${code.id}/design`} class="button">
              {texts.design}
            </Link>
            <button type="button" class="quiet" onClick={props.onAnother}>
              {texts.another}
            </button>
          </div>
        </div>
      </div>
    </Card>
  )
}
