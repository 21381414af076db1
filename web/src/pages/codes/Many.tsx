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
import { type Made, withoutScheme } from './questions'

const said = strings.codes.making
/** So many in one request: all of them are made, or none. */
const AT_ONCE = 200
const EXAMPLE = `destination,label
https://example.org/menu?table=1,Table 1
https://example.org/menu?table=2,Table 2`

export function Many() {
  const [text, setText] = useState('')
  const [made, setMade] = useState<Made[]>([])
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const queries = useQueryClient()
  const rows = useMemo(() => parseRows(text), [text])
  useUnsaved(() => text.trim() !== '' && (made.length === 0 || made.length < rows.length))
  async function make() {
    setBusy(true)
    setProblem(null)
    let done = made
    try {
      while (done.length < rows.length) {
        const asked = rows
          .slice(done.length, done.length + AT_ONCE)
          .map((row) => ({ destination: row.destination, ...(row.label && { label: row.label }) }))
        const told = await answered(openqr.POST('/v1/dynamic/bulk', { body: { codes: asked } }))
        done = [...done, ...told.codes]
        setMade(done)
      }
    } catch (error) {
      setProblem(error)
    }
    setBusy(false)
    void queries.invalidateQueries({ queryKey: ['codes'] })
  }
  if (made.length > 0)
    return (
      <Card title={said.made(made.length)}>
        {problem !== null && <Problem error={problem} />}
        {made.length < rows.length && (
          <p class="row">
            <button type="button" class="primary" disabled={busy} onClick={() => void make()}>
              {busy ? said.progress(made.length, rows.length) : said.makeRest(rows.length - made.length)}
            </button>
          </p>
        )}
        <Result made={made} />
      </Card>
    )
  return (
    <Card>
      <div class="stack">
        <p>{said.manyLead}</p>
        <TextArea
          label={said.paste}
          hint={said.pasteHint}
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
      <span class="field-name">{said.upload}</span>
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
  const shown = [...bad, ...rows.filter((row) => !row.error)].slice(0, 100)
  return (
    <>
      <p role="status" class={bad.length > 0 || tooMany ? 'notice' : 'note'}>
        {tooMany ? said.tooMany(ROWS_MOST) : said.rows(rows.length - bad.length, bad.length)}
      </p>
      <Table
        name={said.paste}
        rows={shown}
        rowKey={(row) => row.number}
        columns={[
          { title: said.row, number: true, cell: (row) => row.number },
          {
            title: strings.codes.list.destination,
            cell: (row) => (
              <>
                <span class="cut">{row.destination}</span>
                {row.error && <span class="note error">{row.error}</span>}
              </>
            ),
          },
          { title: said.label, cell: (row) => row.label },
        ]}
      />
      <div class="row">
        <button
          type="button"
          class="primary"
          disabled={props.busy || bad.length > 0 || tooMany}
          onClick={props.onMake}
        >
          {said.makeMany(rows.length)}
        </button>
      </div>
    </>
  )
}

function Result(props: { made: Made[] }) {
  const { made } = props
  const csv = () =>
    writeCsv([
      ['label', 'destination', 'short_url', 'id'],
      ...made.map((code) => [code.label ?? '', code.destination, code.short_url, code.id]),
    ])
  return (
    <div class="stack">
      <div class="row">
        <button type="button" class="primary" onClick={() => saveFile(said.file, csv())}>
          {said.asCsv}
        </button>
        <Link href={`/codes/sheet?ids=${made.map((code) => code.id).join(',')}`} class="button">
          {strings.codes.list.sheet}
        </Link>
        <Link href="/codes" class="button">
          {strings.codes.one.toList}
        </Link>
      </div>
      <Table
        name={said.made(made.length)}
        rows={made}
        rowKey={(code) => code.id}
        columns={[
          {
            title: said.shortLink,
            cell: (code) => <Link href={`/codes/${code.id}`}>{withoutScheme(code.short_url)}</Link>,
          },
          { title: said.label, cell: (code) => code.label },
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
