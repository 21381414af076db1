import { useMutation, useQuery, useQueryClient } from '@tanstack/preact-query'
import { answered, answeredWhole, ifMatch, native } from '../../api/client'
import type { components } from '../../api/types/native'
import { formatBytes, formatCount, formatMoment } from '../../formats'
import { Confirmed } from '../../parts/Confirmed'
import { useDraft } from '../../parts/draft'
import { Field, Select } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { Card } from '../../parts/Page'
import { Answer, Problem } from '../../parts/States'
import { ChangeProblem } from '../../parts/Stale'
import { Table } from '../../parts/Table'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'

type Rule = components['schemas']['RetentionRule']
type Preview = components['schemas']['Preview']

const texts = strings.trust
const SOURCES = ['openqr', 'vantio', 'copernica', 'everflow', 'passentry', 'native', 'redirect']

/** Rules by source, and what they would take away before they do. */
export function Retention() {
  const { mayAdmin } = useSigned()
  const rules = useQuery({
    queryKey: ['retention'],
    queryFn: async () => {
      const { data, response } = await answeredWhole(native.GET('/retention'))
      return { rules: data?.rules ?? [], etag: response.headers.get('ETag') ?? '' }
    },
    enabled: mayAdmin,
  })
  if (!mayAdmin) return <Card>{texts.ownersOnly}</Card>
  return (
    <Card title={texts.retention}>
      <Answer of={rules}>{(answer) => <Rules kept={answer.rules} etag={answer.etag} />}</Answer>
    </Card>
  )
}

function Rules(props: { kept: Rule[]; etag: string }) {
  const draft = useDraft({ rules: whole(props.kept) })
  const { rules } = draft.values
  const queries = useQueryClient()
  const body = { rules: rules.filter((one) => one.raw_days !== null || one.rollup_months !== null) }
  const preview = useMutation({
    mutationFn: () => answered(native.POST('/retention/preview', { body })),
  })
  const keep = useMutation({
    mutationFn: () =>
      answered(native.PUT('/retention', { body, headers: ifMatch(props.etag) })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['retention'] })
      draft.settle()
    },
  })
  const free = SOURCES.filter((source) => !rules.some((one) => one.source === source))
  function change(next: Rule[]) {
    preview.reset()
    keep.reset()
    draft.set({ rules: next })
  }
  return (
    <Form
      class="stack"
      unsaved={draft.unsaved}
      onSubmit={() => {
        preview.mutate()
      }}
    >
      <p class="lead">{texts.retentionLead}</p>
      {rules.map((rule, number) => (
        <RuleFields
          key={rule.source}
          rule={rule}
          onRule={(changed) => change(rules.map((one, at) => (at === number ? changed : one)))}
          onRemove={() => change(rules.filter((_, at) => at !== number))}
        />
      ))}
      {free.length > 0 && (
        <Select
          label={texts.addRule}
          value=""
          options={[['', '…'], ...free.map((source) => [source, nameOf(source)] as const)]}
          onValue={(source) =>
            source && change([...rules, emptyRule(source)])
          }
        />
      )}
      <div class="row">
        <button type="submit" disabled={preview.isPending}>
          {texts.preview}
        </button>
      </div>
      {preview.error && <Problem error={preview.error} />}
      {preview.data && !keep.isSuccess && (
        <>
          <WhatGoes preview={preview.data} />
          <div class="row">
            <Confirmed
              events={preview.data.sources.reduce((sum, one) => sum + one.events, 0)}
              label={texts.apply}
              pending={keep.isPending}
              onConfirm={() => keep.mutate()}
            />
            <span class="note">{texts.applyNote}</span>
          </div>
        </>
      )}
      {keep.error && (
        <ChangeProblem
          error={keep.error}
          reload={() => {
            keep.reset()
            draft.settle()
            return queries.invalidateQueries({ queryKey: ['retention'] })
          }}
        />
      )}
      {keep.isSuccess && <p role="status">{texts.applied}</p>}
    </Form>
  )
}

/** The rule of all sources is always there to be filled in. */
function whole(rules: Rule[]): Rule[] {
  const every = rules.find((one) => one.source === '*')
  const others = rules.filter((one) => one.source !== '*')
  return [every ?? emptyRule('*'), ...others]
}

function emptyRule(source: string): Rule {
  return { source, raw_days: null, age_by: 'received_at', rollup_months: null }
}

function nameOf(source: string): string {
  return source === '*' ? texts.allSources : (strings.overview.sourceNames[source] ?? source)
}

function RuleFields(props: { rule: Rule; onRule: (rule: Rule) => void; onRemove: () => void }) {
  const { rule, onRule } = props
  const number = (text: string) => (text === '' ? null : Math.max(1, Math.trunc(Number(text))))
  return (
    <fieldset class="rule">
      <legend>{nameOf(rule.source)}</legend>
      <Field
        label={texts.rawDays}
        type="number"
        min={1}
        value={rule.raw_days?.toString() ?? ''}
        onValue={(text) => onRule({ ...rule, raw_days: number(text) })}
      />
      <Select
        label={texts.ageBy}
        value={rule.age_by}
        options={Object.entries(texts.ages)}
        onValue={(value) => onRule({ ...rule, age_by: value as Rule['age_by'] })}
      />
      {rule.source === '*' ? (
        <Field
          label={texts.rollupMonths}
          type="number"
          min={1}
          value={rule.rollup_months?.toString() ?? ''}
          onValue={(text) => onRule({ ...rule, rollup_months: number(text) })}
        />
      ) : (
        <button type="button" class="quiet" onClick={props.onRemove}>
          {texts.removeRule}
        </button>
      )}
    </fieldset>
  )
}

/** Until when, and by which of its times. */
function before(one: Preview['sources'][number]) {
  const moment = one.occurred_before ?? one.received_before
  if (!moment) return '–'
  const by = one.occurred_before ? texts.happenedBefore : texts.receivedBefore
  return by(formatMoment(moment, 'UTC'))
}

function WhatGoes(props: { preview: Preview }) {
  const { sources } = props.preview
  const columns = texts.previewColumns
  if (sources.every((one) => one.events === 0 && one.rollup_rows === 0))
    return (
      <div role="status">
        <p>{texts.previewNothing}</p>
        {sources.map((one) => (
          <p key={one.source} class="note">
            {nameOf(one.source)}: {one.note}
          </p>
        ))}
      </div>
    )
  return (
    <div role="status">
      <h3>{texts.previewTitle}</h3>
      <Table
        name={texts.previewTitle}
        rows={sources}
        rowKey={(one) => one.source}
        columns={[
          { title: columns.rule, cell: (one) => nameOf(one.source) },
          {
            title: columns.before,
            cell: before,
          },
          { title: columns.events, cell: (one) => formatCount(one.events), number: true },
          { title: columns.bytes, cell: (one) => formatBytes(one.bytes), number: true },
          { title: columns.counts, cell: (one) => formatCount(one.rollup_rows), number: true },
        ]}
      />
    </div>
  )
}
