import { useQueryClient } from '@tanstack/preact-query'
import { useMemo, useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { answered, openqr } from '../../api/client'
import { writeCsv } from '../../csv'
import { TextArea } from '../../parts/Field'
import { Card } from '../../parts/Page'
import { saveFile } from '../../parts/saving'
import { Problem } from '../../parts/States'
import { Table } from '../../parts/Table'
import { useUnsaved } from '../../state/edits'
import { strings } from '../../strings'
import { type Parsed, parseRows, ROWS_MOST } from './csv'
import { type Created, withoutScheme } from './queries'

const texts = strings.codes.making
/** So many in one request: all of them are made, or none. */
const AT_ONCE = 200
const EXAMPLE = `destination,label
https://example.org/menu?table=1,Table 1
https://example.org/menu?table=2,Table 2`

export function Many() {
  const [text, setText] = useState('')
  const [created, setCreated] = useState<Created[]>([])
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const queries = useQueryClient()
  const rows = useMemo(() => parseRows(text), [text])
  useUnsaved(() => text.trim() !== '' && (created.length === 0 || created.length < rows.length))
  async function make() {
    setBusy(true)
    setProblem(null)
    let done = created
    try {
      while (done.length < rows.length) {
        const requests = rows
          .slice(done.length, done.length + AT_ONCE)
          .map((row) => ({ destination: row.destination, ...(row.label && { label: row.label }) }))
        const answer = await answered(openqr.POST('/v1/dynamic/bulk', { body: { codes: requests } }))
        done = [...done, ...answer.codes]
        setCreated(done)
      }
    } catch (error) {
      setProblem(error)
    }
    setBusy(false)
    void queries.invalidateQueries({ queryKey: ['codes'] })
  }
  if (created.length > 0)
    return (
      <Card title={texts.made(created.length)}>
        {problem !== null && <Problem error={problem} />}
        {created.length < rows.length && (
          <p class="row">
            <button type="button" class="primary" disabled={busy} onClick={() => void make()}>
              {busy ? texts.progress(created.length, rows.length) : texts.makeRest(rows.length - created.length)}
            </button>
          </p>
        )}
        <Result created={created} />
      </Card>
    )
  return (
    <Card>
      <div class="stack">
        <p>{texts.manyLead}</p>
        <TextArea
          label={texts.paste}
          hint={texts.pasteHint}
          rows={8}
          value={text}
          onValue={setText}
          placeholder={EXAMPLE}
        />
        <Upload onText={setText} />
        {problem !== null && <Problem error={problem} />}
        {rows.length > 0 && <Preview rows={rows} busy={busy} onMake={() => void make()} />}
      </div>
    </Card>
  )
}

function Upload(props: { onText: (text: string) => void }) {
  return (
    <label class="field">
      <span class="field-name">{texts.upload}</span>
      <input
        type="file"
        accept=".csv,.tsv,.txt,text/csv,text/plain"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? []
          if (file) void file.text().then(props.onText)
        }}
      />
    </label>
  )
}

function Preview(props: { rows: Parsed[]; busy: boolean; onMake: () => void }) {
  const { rows } = props
  const bad = rows.filter((row) => row.error)
  const tooMany = rows.length > ROWS_MOST
  // The wrong ones stand first: they are what there is to do.
  const visible = [...bad, ...rows.filter((row) => !row.error)].slice(0, 100)
  return (
    <>
      <p role="status" class={bad.length > 0 || tooMany ? 'notice' : 'note'}>
        {tooMany ? texts.tooMany(ROWS_MOST) : texts.rows(rows.length - bad.length, bad.length)}
      </p>
      <Table
        name={texts.paste}
        rows={visible}
        rowKey={(row) => row.number}
        columns={[
          { title: texts.row, number: true, cell: (row) => row.number },
          {
            title: strings.codes.list.destination,
            cell: (row) => (
              <>
                <span class="cut">{row.destination}</span>
                {row.error && <span class="note error">{row.error}</span>}
              </>
            ),
          },
          { title: texts.label, cell: (row) => row.label },
        ]}
      />
      <div class="row">
        <button
          type="button"
          class="primary"
          disabled={props.busy || bad.length > 0 || tooMany}
          onClick={props.onMake}
        >
          {texts.makeMany(rows.length)}
        </button>
      </div>
    </>
  )
}

function Result(props: { created: Created[] }) {
  const { created } = props
  const csv = () =>
    writeCsv([
      ['label', 'destination', 'short_url', 'id'],
      ...created.map((code) => [code.label ?? '', code.destination, code.short_url, code.id]),
    ])
  return (
    <div class="stack">
      <div class="row">
        <button type="button" class="primary" onClick={() => saveFile(texts.file, csv())}>
          {texts.asCsv}
        </button>
        <Link href={`/codes/sheet?ids=${created.map((code) => code.id).join(',')}`} class="button">
          {strings.codes.list.sheet}
        </Link>
        <Link href="/codes" class="button">
          {strings.codes.one.toList}
        </Link>
      </div>
      <Table
        name={texts.made(created.length)}
        rows={created}
        rowKey={(code) => code.id}
        columns={[
          {
            title: texts.shortLink,
            cell: (code) => <Link href={`/codes/${code.id}`}>{withoutScheme(code.short_url)}</Link>,
          },
          { title: texts.label, cell: (code) => code.label },
          {
            title: strings.codes.list.destination,
            wideOnly: true,
            cell: (code) => <span class="cut">{code.destination}</span>,
          },
        ]}
      />
    </div>
  )
}
