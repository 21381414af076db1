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
import { type Check, type Code, nameOf, type Theme, useCode, useThemes } from './queries'

const texts = strings.codes.design
const FORMATS = ['svg', 'png', 'pdf'] as const

export default function Design(props: { params: { id: string } }) {
  const code = useCode(props.params.id)
  const themes = useThemes()
  if (code.error instanceof Refused && code.error.status === 404) return <Gone />
  return (
    <Page
      title={texts.title(code.data ? nameOf(code.data) : '…')}
      actions={
        <Link href={`/codes/${props.params.id}`} class="button">
          <ArrowLeft size={16} aria-hidden="true" /> {texts.back}
        </Link>
      }
    >
      <Answer of={code} lines={10}>
        {(answer) => (
          <Answer of={themes} lines={10}>
            {(all) => <Designer code={answer} themes={all} />}
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
        <Card title={texts.look}>
          <LookFields look={look} onLook={setLook} themes={themes} theme={themeId} onTheme={begin} />
        </Card>
        {mayWrite && (
          <Card title={texts.saveTitle}>
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
      <div class="span-6 stacked designer-visible">
        <Card title={texts.preview}>
          <Preview code={code} look={look} sizeMm={Number(sizeMm)} />
        </Card>
        <Card title={texts.downloads}>
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
      <section aria-label={texts.check} aria-live="polite" class="stack">
        {!preview.error && (
          <Answer of={check} lines={5}>
            {(answer) => <Checked check={answer} />}
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
          <CircleCheck size={18} aria-hidden="true" /> {texts.good}
        </p>
      ) : (
        <div class="notice">
          <p class="reads">
            <TriangleAlert size={18} aria-hidden="true" /> {texts.warned}
          </p>
          <ul class="bullets">
            {check.warnings.map((one) => (
              <li key={one.code}>{one.text}</li>
            ))}
          </ul>
        </div>
      )}
      <dl class="facts">
        <dt>{texts.facts.contrast}</dt>
        <dd>{check.contrast_ratio} : 1</dd>
        <dt>{texts.facts.module}</dt>
        <dd>{texts.mm(check.module_mm)}</dd>
        <dt>{texts.facts.distance}</dt>
        <dd>{texts.cm(check.scan_distance_mm)}</dd>
        <dt>{texts.facts.error}</dt>
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
          label={texts.sizeMm}
          type="number"
          min={5}
          max={2000}
          value={props.sizeMm}
          onValue={props.onSizeMm}
        />
        <Field
          label={texts.sizePx}
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
