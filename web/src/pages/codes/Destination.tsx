import { useQueryClient } from '@tanstack/preact-query'
import { useDraft } from '../../parts/draft'
import { Field } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { Card } from '../../parts/Page'
import { Conflicts } from '../../parts/Stale'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { History } from './History'
import { asLink, type Code, type CodeChange, codeQuery, useChange } from './queries'
import { Saving } from './Saving'

const texts = strings.codes.destination
const UTM = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content'] as const

type Changing = ReturnType<typeof useChange>

export function Destination(props: { code: Code }) {
  const { code } = props
  const { mayWrite } = useSigned()
  const [targets, campaign] = [useChange(code.id), useChange(code.id)]
  return (
    <div class="grid">
      <div class="span-6 stacked">
        {/* What was undone is in the fields at once: they follow the code. */}
        <Targets code={code} may={mayWrite} change={targets} />
        <Campaign code={code} may={mayWrite} change={campaign} />
      </div>
      <Card title={texts.historyTitle} span={6}>
        <History id={code.id} />
      </Card>
    </div>
  )
}

type Utm = Record<(typeof UTM)[number], string>

function utmOf(code: Code): Utm {
  return Object.fromEntries(UTM.map((name) => [name, code.utm?.[name] ?? ''])) as Utm
}

function filledOf(utm: Utm): Partial<Utm> {
  const trimmed = UTM.map((name) => [name, utm[name].trim()] as const)
  return Object.fromEntries(trimmed.filter(([, value]) => value))
}

function Targets(props: { code: Code; may: boolean; change: Changing }) {
  const { code, may, change } = props
  const { values, changed, conflicts, set, settle, unsaved } = useDraft({
    destination: code.destination,
    ios: code.ios_destination ?? '',
    android: code.android_destination ?? '',
  })
  const changes: CodeChange = {
    ...(changed.destination !== undefined && { destination: asLink(changed.destination) }),
    ...(changed.ios !== undefined && { ios_destination: asLink(changed.ios) || null }),
    ...(changed.android !== undefined && {
      android_destination: asLink(changed.android) || null,
    }),
  }
  return (
    <Card title={texts.title}>
      <Form
        class="stack"
        unsaved={unsaved}
        onSubmit={() => {
          change.mutate(changes, { onSuccess: settle })
        }}
      >
        <Field
          label={texts.destination}
          value={values.destination}
          onValue={(destination) => set({ destination })}
          required
          inputMode="url"
          disabled={!may}
        />
        <Field
          label={texts.ios}
          value={values.ios}
          onValue={(ios) => set({ ios })}
          inputMode="url"
          hint={texts.sameHint}
          disabled={!may}
        />
        <Field
          label={texts.android}
          value={values.android}
          onValue={(android) => set({ android })}
          inputMode="url"
          hint={texts.sameHint}
          disabled={!may}
        />
        <Conflicts names={conflicts.map((one) => texts[one])} />
        {may && <Saving of={change} dirty={Object.keys(changes).length > 0} />}
      </Form>
    </Card>
  )
}

function Campaign(props: { code: Code; may: boolean; change: Changing }) {
  const { code, may, change } = props
  const { values, changed, conflicts, set, settle, unsaved } = useDraft(utmOf(code))
  const filled = filledOf(values)
  const queries = useQueryClient()
  async function save() {
    // Parameters go as a whole: those that others changed meanwhile stay.
    const latest = await queries.fetchQuery({ ...codeQuery(code.id), staleTime: 0 })
    const utm = filledOf({ ...utmOf(latest), ...changed })
    change.mutate({ utm: Object.keys(utm).length > 0 ? utm : null }, { onSuccess: settle })
  }
  return (
    <Card title={texts.utmTitle}>
      <Form
        class="stack"
        unsaved={unsaved}
        onSubmit={() => {
          // What it refuses is shown below.
          void save().catch(() => {})
        }}
      >
        <p class="note">{texts.utmLead}</p>
        <div class="fields pairs">
          {UTM.map((name) => (
            <Field
              key={name}
              label={texts.utm[name] ?? name}
              value={values[name]}
              onValue={(value) => set({ [name]: value })}
              disabled={!may}
            />
          ))}
        </div>
        {Object.keys(filled).length > 0 && (
          <p class="note wraps">
            {texts.preview} <code>{withUtm(code.destination, filled)}</code>
          </p>
        )}
        <Conflicts names={conflicts.map((name) => texts.utm[name] ?? name)} />
        {may && <Saving of={change} dirty={Object.keys(changed).length > 0} />}
      </Form>
    </Card>
  )
}

/** As the server does it: what the destination has of its own stays. */
function withUtm(destination: string, utm: Record<string, string>): string {
  try {
    const link = new URL(destination)
    for (const [name, value] of Object.entries(utm))
      if (!link.searchParams.has(name)) link.searchParams.set(name, value)
    return link.toString()
  } catch {
    return destination
  }
}
