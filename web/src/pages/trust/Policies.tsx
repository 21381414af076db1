import { useMutation, useQuery, useQueryClient } from '@tanstack/preact-query'
import { useRef } from 'preact/hooks'
import { answered, native } from '../../api/client'
import { windowOf } from '../../api/queries'
import type { components } from '../../api/types/native'
import { formatCount, formatDay, formatMoment, formatShare } from '../../formats'
import { useDraft } from '../../parts/draft'
import { Field, TextArea } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { Card } from '../../parts/Page'
import { RangePicker } from '../../parts/RangePicker'
import { Answer, Problem } from '../../parts/States'
import { Table } from '../../parts/Table'
import { useRange } from '../../state/range'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'

type Policy = components['schemas']['Policy']
type Rules = components['schemas']['WrittenRules']
type Preview = components['schemas']['PolicyPreview']
type Change = components['schemas']['PolicyChange']

const texts = strings.trust.policies

/** What counts, in numbered versions: seen on history before they are applied. */
export function Policies() {
  const policies = useQuery({
    queryKey: ['policies'],
    queryFn: () => answered(native.GET('/policies')),
    refetchInterval: ({ state }) =>
      state.data?.policies.some((one) => one.state === 'applying') ? 1_000 : false,
  })
  return (
    <Answer of={policies} lines={8}>
      {(answer) => {
        const current = answer.policies.find((one) => one.number === answer.in_effect)
        return (
          <>
            <Card title={texts.make} actions={<RangePicker />}>
              <Draft key={answer.in_effect} from={current} />
            </Card>
            <Card title={texts.versions}>
              <p class="note">{texts.list(answer.list)}</p>
              <Versions policies={answer.policies} />
            </Card>
          </>
        )
      }}
    </Answer>
  )
}

/** New rules, which begin as those in effect. */
function Draft(props: { from: Policy | undefined }) {
  const { mayWrite, mayAdmin } = useSigned()
  const [range] = useRange()
  const queries = useQueryClient()
  const draft = useDraft({
    bots: lines(props.from?.rules.bots),
    notBots: lines(props.from?.rules.not_bots),
    internal: lines(props.from?.rules.internal),
    note: '',
  })
  const { bots, notBots, internal, note } = draft.values
  const created = useRef<{ said: string; number: string } | null>(null)
  const rules: Rules = {
    bots: listed(bots),
    not_bots: listed(notBots),
    internal: internalOf(internal, props.from?.rules.internal),
  }
  const preview = useMutation({
    mutationFn: () =>
      answered(native.POST('/policies/preview', { body: { rules, ...windowOf(range) } })),
  })
  const apply = useMutation({
    mutationFn: async () => {
      const body = { rules, note }
      // A version that was made and could not be applied is applied by the next attempt.
      const said = JSON.stringify(body)
      if (created.current?.said !== said) {
        const { number } = await answered(native.POST('/policies', { body }))
        created.current = { said, number: String(number) }
      }
      const params = { path: { number: created.current.number } }
      await answered(native.POST('/policies/{number}/apply', { params }))
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['policies'] }),
  })
  function change(rules: Partial<typeof draft.values>) {
    preview.reset()
    apply.reset()
    draft.set(rules)
  }
  return (
    <Form
      class="stack"
      unsaved={() => draft.unsaved() && !apply.isSuccess}
      onSubmit={() => {
        preview.mutate()
      }}
    >
      <p class="lead">{texts.lead}</p>
      <div class="fields">
        <TextArea
          label={texts.bots}
          hint={texts.botsHint}
          value={bots}
          onValue={(bots) => change({ bots })}
        />
        <TextArea
          label={texts.notBots}
          hint={texts.notBotsHint}
          value={notBots}
          onValue={(notBots) => change({ notBots })}
        />
        <TextArea
          label={texts.internal}
          hint={texts.internalHint}
          value={internal}
          onValue={(internal) => change({ internal })}
        />
      </div>
      <div class="row">
        <button type="submit" disabled={preview.isPending}>
          {texts.preview}
        </button>
      </div>
      {preview.error && <Problem error={preview.error} />}
      {preview.data && (
        <>
          <Changes preview={preview.data} />
          {mayWrite && mayAdmin && (
            <>
              <Field
                label={texts.note}
                value={note}
                onValue={(note) => draft.set({ note })}
              />
              <div class="row">
                <button
                  type="button"
                  class="primary"
                  disabled={apply.isPending}
                  onClick={() => apply.mutate()}
                >
                  {texts.apply}
                </button>
                <span class="note">{texts.applyNote}</span>
              </div>
            </>
          )}
        </>
      )}
      {apply.error && <Problem error={apply.error} />}
    </Form>
  )
}

/** What nobody touched stays as it is: no networks (`[]`) are not those of the settings (null). */
function internalOf(text: string, before: string[] | null | undefined): string[] | null {
  if (text === lines(before)) return before ?? null
  return text.trim() === '' ? null : listed(text)
}

function lines(values: string[] | null | undefined): string {
  return (values ?? []).join('\n')
}

function listed(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
}

function Changes(props: { preview: Preview }) {
  const { preview } = props
  const { changeColumns: columns } = texts
  const named = ({ verdict, reason }: Change['from']) =>
    [strings.verdicts[verdict] ?? verdict, reason].filter(Boolean).join(' · ')
  return (
    <div role="status" class="stack">
      <p>{texts.changed(preview.changed, preview.classified)}</p>
      {preview.unknown > 0 && <p class="note">{texts.unknown(preview.unknown)}</p>}
      {preview.kept > 0 && <p class="note">{texts.kept(preview.kept)}</p>}
      {preview.changes.length > 0 && (
        <Table
          name={texts.changes}
          rows={preview.changes.slice(0, 100)}
          rowKey={(row) => `${row.day} ${named(row.from)} ${named(row.to)}`}
          columns={[
            { title: columns.day, cell: (row) => formatDay(row.day) },
            { title: columns.from, cell: (row) => named(row.from) },
            { title: columns.to, cell: (row) => named(row.to) },
            { title: columns.events, cell: (row) => formatCount(row.events), number: true },
          ]}
        />
      )}
      {preview.changes.length > 100 && (
        <p class="note">{texts.omitted(preview.changes.length - 100 + preview.omitted)}</p>
      )}
    </div>
  )
}

function Versions(props: { policies: Policy[] }) {
  const [{ zone }] = useRange()
  const { versionColumns: columns } = texts
  return (
    <Table
      name={texts.versions}
      labelled
      rows={props.policies}
      limit={12}
      rowKey={(one) => one.number}
      columns={[
        { title: columns.number, cell: (one) => one.number },
        { title: columns.state, cell: (one) => <State policy={one} /> },
        {
          title: columns.rules,
          cell: (one) =>
            texts.rules(
              one.rules.bots.length,
              one.rules.not_bots.length,
              one.rules.internal?.length ?? null,
            ),
        },
        { title: columns.note, cell: (one) => one.note, wideOnly: true },
        {
          title: columns.applied,
          cell: (one) => (one.applied_at ? formatMoment(one.applied_at, zone) : '–'),
          wideOnly: true,
        },
        {
          title: columns.changed,
          cell: (one) => (one.receipt.changed === null ? '–' : formatCount(one.receipt.changed)),
          number: true,
        },
      ]}
    />
  )
}

function State(props: { policy: Policy }) {
  const { state, progress, problem } = props.policy
  return (
    <>
      <span class={state === 'in_effect' ? 'badge good' : 'badge'}>
        {texts.states[state] ?? state}
        {state === 'applying' && progress !== null && ` ${formatShare(progress)}`}
      </span>
      {problem && <p class="note error">{problem}</p>}
    </>
  )
}
