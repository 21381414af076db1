import { useMutation } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { numberOf, textOf, useReport, windowOf } from '../../api/queries'
import { Command, Snippet } from '../../parts/Copy'
import { Card } from '../../parts/Page'
import { Answer, Problem } from '../../parts/States'
import { Table } from '../../parts/Table'
import { Count } from '../../parts/Waterfall'
import { htmlText } from '../../shell'
import { useRange } from '../../state/range'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { imageTag, OneRecipient } from './OneRecipient'
import { exampleOf } from './Recipients'
import { addressLinks, type Emailing, type MailLink, useLinks, useRefresh } from './queries'

const texts = strings.mailings

/** What goes into the mail: links, an image, and how to fill them in for everybody. */
export function InMail(props: { emailing: Emailing }) {
  const { emailing } = props
  const links = useLinks(emailing.id)
  const { mayWrite } = useSigned()
  return (
    <div class="grid">
      <Card title={texts.linksTitle} span={12}>
        <Answer of={links} lines={4}>
          {(rows) =>
            rows.length === 0 ? (
              <p class="note">{texts.linksNone}</p>
            ) : (
              <Links emailing={emailing} rows={rows} />
            )
          }
        </Answer>
      </Card>
      <Card title={texts.paste} span={12}>
        <div class="stack">
          <p>{texts.pasteText}</p>
          <Snippet label={texts.pasteImage} text={imageTag('{{pixel}}')} />
          {(links.data ?? []).map((link, number) => (
            <Snippet
              key={link.id}
              label={texts.pasteLink(link.url)}
              text={`<a href="{{link${number + 1}}}">${htmlText(link.title || link.url)}</a>`}
            />
          ))}
        </div>
      </Card>
      {mayWrite && <Trial emailing={emailing} />}
      <Card title={texts.many} span={6}>
        <div class="stack">
          <p>{texts.manyText}</p>
          <Command call={exampleOf(emailing.id)} />
        </div>
      </Card>
    </div>
  )
}

function Links(props: { emailing: Emailing; rows: MailLink[] }) {
  const { emailing } = props
  const [range] = useRange()
  const report = useReport({
    ...windowOf(range),
    metrics: ['counted'],
    dimensions: ['link'],
    filters: { source: 'copernica', emailing: emailing.id, kind: 'click' },
    top: 1000,
  })
  const counts = new Map(
    (report.data?.rows ?? []).map((row) => [textOf(row, 'link'), numberOf(row, 'counted')]),
  )
  return (
    <Table
      name={texts.linksTitle}
      rows={props.rows}
      rowKey={(row) => row.id}
      columns={[
        {
          title: texts.linkHeading,
          cell: (row) => (
            <>
              <span class="wraps">{row.title || row.url}</span>
              {row.title && <span class="under wraps">{row.url}</span>}
            </>
          ),
        },
        {
          title: texts.clicks,
          number: true,
          cell: (row) => (
            <Count
              value={counts.get(row.id) ?? 0}
              filters={{ source: 'copernica', emailing: emailing.id, kind: 'click', link: row.id }}
              of={texts.of(texts.clicks.toLowerCase(), row.title || row.url)}
            />
          ),
        },
      ]}
    />
  )
}

function Trial(props: { emailing: Emailing }) {
  const { emailing } = props
  const [created, setCreated] = useState<string | null>(null)
  const refresh = useRefresh()
  const make = useMutation({
    mutationFn: async () => {
      const answer = await addressLinks(emailing.id, [{}], [])
      setCreated(answer.data[0]?.destination ?? null)
      await refresh()
    },
  })
  return (
    <Card title={texts.trial} span={6}>
      <div class="stack">
        <p>{texts.trialText}</p>
        {make.error && <Problem error={make.error} />}
        <p>
          <button type="button" disabled={make.isPending} onClick={() => make.mutate()}>
            {texts.trialAction}
          </button>
        </p>
      </div>
      {created !== null && (
        <OneRecipient emailing={emailing} destination={created} onClose={() => setCreated(null)} />
      )}
    </Card>
  )
}
