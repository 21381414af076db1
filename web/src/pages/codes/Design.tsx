import { useMutation } from '@tanstack/preact-query'
import { ArrowLeft, CircleCheck, Download, TriangleAlert } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { Refused } from '../../api/client'
import { Field } from '../../parts/Field'
import { Card, Page } from '../../parts/Page'
import { fileName, saveFile } from '../../parts/saving'
import { Answer, Problem } from '../../parts/States'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { Gone } from './Code'
import { drawn, type Look, lookOf, PLAIN, useAddress, useCheck, usePreview, useResting } from './drawing'
import { Keep } from './Keep'
import { LookFields } from './LookFields'
import { type Check, type Code, nameOf, type Theme, useCode, useThemes } from './questions'

const said = strings.codes.design
const FORMATS = ['svg', 'png', 'pdf'] as const

export default function Design(props: { params: { id: string } }) {
  const code = useCode(props.params.id)
  const themes = useThemes()
  if (code.error instanceof Refused && code.error.status === 404) return <Gone />
  return (
    <Page
      title={said.title(code.data ? nameOf(code.data) : '…')}
      actions={
        <Link href={`/codes/${props.params.id}`} class="button">
          <ArrowLeft size={16} aria-hidden="true" /> {said.back}
        </Link>
      }
    >
      <Answer of={code} lines={10}>
        {(told) => (
          <Answer of={themes} lines={10}>
            {(all) => <Designer code={told} themes={all} />}
          </Answer>
        )}
      </Answer>
    </Page>
  )
}

function Designer(props: { code: Code; themes: Theme[] }) {
  const { code, themes } = props
  const { mayWrite } = useSigned()
  const [themeId, setThemeId] = useState(code.theme ?? '')
  const [look, setLook] = useState<Look>(() => lookIn(themes, code.theme ?? ''))
  const [sizeMm, setSizeMm] = useState('50')
  const begin = (id: string) => {
    setThemeId(id)
    setLook(lookIn(themes, id))
  }
  return (
    <div class="grid">
      <div class="span-6 stacked designer-look">
        <Card title={said.look}>
          <LookFields look={look} onLook={setLook} themes={themes} theme={themeId} onTheme={begin} />
        </Card>
        {mayWrite && (
          <Card title={said.saveTitle}>
            <Keep
              code={code}
              themes={themes}
              theme={themeId}
              look={look}
              onTheme={begin}
              onKept={setThemeId}
            />
          </Card>
        )}
      </div>
      <div class="span-6 stacked designer-shown">
        <Card title={said.preview}>
          <Preview code={code} look={look} sizeMm={Number(sizeMm)} />
        </Card>
        <Card title={said.downloads}>
          <Files code={code} look={look} sizeMm={sizeMm} onSizeMm={setSizeMm} />
        </Card>
      </div>
    </div>
  )
}

function lookIn(themes: Theme[], id: string): Look {
  const theme = themes.find((one) => one.id === id)
  return theme ? lookOf(theme.style) : PLAIN
}

function Preview(props: { code: Code; look: Look; sizeMm: number }) {
  const { code } = props
  const look = useResting(props.look)
  const sizeMm = useResting(props.sizeMm)
  const preview = usePreview(code.short_url, look)
  const check = useCheck(code.short_url, look, sizeMm >= 5 && sizeMm <= 2000 ? sizeMm : 50)
  const address = useAddress(preview.data)
  return (
    <div class="preview">
      {preview.error ? (
        <Problem error={preview.error} />
      ) : (
        <div class="preview-place">
          {address && (
            <img src={address} alt={strings.codes.one.symbol(nameOf(code))} width="240" height="240" />
          )}
        </div>
      )}
      <section aria-label={said.check} aria-live="polite" class="stack">
        {!preview.error && (
          <Answer of={check} lines={5}>
            {(told) => <Checked check={told} />}
          </Answer>
        )}
      </section>
    </div>
  )
}

function Checked(props: { check: Check }) {
  const { check } = props
  return (
    <>
      {check.ok ? (
        <p class="reads good">
          <CircleCheck size={18} aria-hidden="true" /> {said.good}
        </p>
      ) : (
        <div class="notice">
          <p class="reads">
            <TriangleAlert size={18} aria-hidden="true" /> {said.warned}
          </p>
          <ul class="bullets">
            {check.warnings.map((one) => (
              <li key={one.code}>{one.text}</li>
            ))}
          </ul>
        </div>
      )}
      <dl class="facts">
        <dt>{said.facts.contrast}</dt>
        <dd>{check.contrast_ratio} : 1</dd>
        <dt>{said.facts.module}</dt>
        <dd>{said.mm(check.module_mm)}</dd>
        <dt>{said.facts.distance}</dt>
        <dd>{said.cm(check.scan_distance_mm)}</dd>
        <dt>{said.facts.error}</dt>
        <dd>{check.error}</dd>
      </dl>
    </>
  )
}

function Files(props: {
  code: Code
  look: Look
  sizeMm: string
  onSizeMm: (size: string) => void
}) {
  const { code, look } = props
  const [sizePx, setSizePx] = useState('1024')
  const download = useMutation({
    mutationFn: async (format: string) => {
      const size = Number(format === 'png' ? sizePx : props.sizeMm)
      saveFile(`${fileName(nameOf(code))}.${format}`, await drawn(code.short_url, look, format, size))
    },
  })
  return (
    <div class="stack">
      <div class="fields pairs">
        <Field
          label={said.sizeMm}
          type="number"
          min={5}
          max={2000}
          value={props.sizeMm}
          onValue={props.onSizeMm}
        />
        <Field
          label={said.sizePx}
          type="number"
          min={64}
          max={4096}
          value={sizePx}
          onValue={setSizePx}
        />
      </div>
      {download.error && <Problem error={download.error} />}
      <div class="row">
        {FORMATS.map((format) => (
          <button
            key={format}
            type="button"
            aria-label={strings.codes.one.download(format)}
            disabled={download.isPending}
            onClick={() => download.mutate(format)}
          >
            <Download size={16} aria-hidden="true" /> {format.toUpperCase()}
          </button>
        ))}
      </div>
    </div>
  )
}
