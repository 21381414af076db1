import { useState } from 'preact/hooks'
import { Field } from '../../parts/Field'
import { Card } from '../../parts/Page'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { History } from './History'
import { asLink, type Code, type CodeChange, useChange } from './questions'
import { Saving } from './Saving'

const said = strings.codes.destination
const UTM = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content'] as const

type Changing = ReturnType<typeof useChange>

export function Destination(props: { code: Code }) {
  const { code } = props
  const { mayWrite } = useSigned()
  const [targets, campaign] = [useChange(code.id), useChange(code.id)]
  const targetsNow = [code.destination, code.ios_destination, code.android_destination].join(' ')
  return (
    <div class="grid">
      <div class="span-6 stacked">
        {/* What was undone is in the fields at once. */}
        <Targets key={targetsNow} code={code} may={mayWrite} change={targets} />
        <Campaign key={JSON.stringify(code.utm)} code={code} may={mayWrite} change={campaign} />
      </div>
      <Card title={said.historyTitle} span={6}>
        <History id={code.id} />
      </Card>
    </div>
  )
}

function Targets(props: { code: Code; may: boolean; change: Changing }) {
  const { code, may, change } = props
  const [all, setAll] = useState(code.destination)
  const [ios, setIos] = useState(code.ios_destination ?? '')
  const [android, setAndroid] = useState(code.android_destination ?? '')
  const asked: CodeChange = {
    ...(asLink(all) !== code.destination && { destination: asLink(all) }),
    ...(asLink(ios) !== (code.ios_destination ?? '') && { ios_destination: asLink(ios) || null }),
    ...(asLink(android) !== (code.android_destination ?? '') && {
      android_destination: asLink(android) || null,
    }),
  }
  return (
    <Card title={said.title}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault()
          change.mutate(asked)
        }}
      >
        <Field
          label={said.destination}
          value={all}
          onValue={setAll}
          required
          inputMode="url"
          disabled={!may}
        />
        <Field
          label={said.ios}
          value={ios}
          onValue={setIos}
          inputMode="url"
          hint={said.sameHint}
          disabled={!may}
        />
        <Field
          label={said.android}
          value={android}
          onValue={setAndroid}
          inputMode="url"
          hint={said.sameHint}
          disabled={!may}
        />
        {may && <Saving of={change} dirty={Object.keys(asked).length > 0} />}
      </form>
    </Card>
  )
}

function Campaign(props: { code: Code; may: boolean; change: Changing }) {
  const { code, may, change } = props
  const [utm, setUtm] = useState<Record<string, string>>(code.utm ?? {})
  const filled = Object.fromEntries(
    UTM.map((name) => [name, (utm[name] ?? '').trim()] as const).filter(([, value]) => value),
  )
  const dirty = UTM.some((name) => (filled[name] ?? '') !== (code.utm?.[name] ?? ''))
  return (
    <Card title={said.utmTitle}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault()
          change.mutate({ utm: Object.keys(filled).length > 0 ? filled : null })
        }}
      >
        <p class="note">{said.utmLead}</p>
        <div class="fields pairs">
          {UTM.map((name) => (
            <Field
              key={name}
              label={said.utm[name] ?? name}
              value={utm[name] ?? ''}
              onValue={(value) => setUtm({ ...utm, [name]: value })}
              disabled={!may}
            />
          ))}
        </div>
        {Object.keys(filled).length > 0 && (
          <p class="note leads">
            {said.preview} <code>{withUtm(code.destination, filled)}</code>
          </p>
        )}
        {may && <Saving of={change} dirty={dirty} />}
      </form>
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
