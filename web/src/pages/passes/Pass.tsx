import { useMutation, useQuery, useQueryClient } from '@tanstack/preact-query'
import { ExternalLink } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { answered, passentry, Refused, send } from '../../api/client'
import { numberOf, textOf, useReport, windowOf } from '../../api/queries'
import type { components } from '../../api/types/native'
import { formatCount, formatMoment } from '../../formats'
import { Confirm } from '../../parts/Confirm'
import { CopyButton } from '../../parts/Copy'
import { Card, Page } from '../../parts/Page'
import { RangePicker } from '../../parts/RangePicker'
import { Stat } from '../../parts/Stat'
import { Answer, Empty, Problem } from '../../parts/States'
import { Table } from '../../parts/Table'
import { Count } from '../../parts/Waterfall'
import { useRange } from '../../state/range'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { Conflicts } from './Conflicts'
import { type Pass, patient, useReaders } from './queries'
import { PassStatus } from './PassStatus'

const texts = strings.passes
const SCANS = 50

type EventPage = components['schemas']['EventPage']

export default function PassPage(props: { params: { id: string } }) {
  const { id } = props.params
  const pass = useQuery({
    queryKey: ['pass', id],
    queryFn: async () => {
      const path = { pass_id: id }
      return (
        await patient(() =>
          answered(passentry.GET('/api/v1/passes/{pass_id}', { params: { path } })),
        )
      ).data
    },
  })
  const { mayWrite } = useSigned()
  if (pass.error instanceof Refused && pass.error.status === 404)
    return (
      <Page title={texts.pass}>
        <Empty title={texts.notThere}>
          <p>
            <Link href="/passes/list">{texts.toPasses}</Link>
          </p>
        </Empty>
      </Page>
    )
  return (
    <Page
      title={pass.data?.attributes.extId ?? texts.pass}
      lead={pass.data && <PassStatus of={pass.data.attributes.status} />}
      actions={
        <>
          <RangePicker />
          {mayWrite && pass.data && <Actions pass={pass.data} />}
        </>
      }
    >
      <Answer of={pass} lines={10}>
        {(answer) => (
          <>
            <Numbers pass={answer.id} />
            <div class="grid">
              <Scans pass={answer.id} />
              <Facts pass={answer} />
              <Doubles pass={answer.id} />
            </div>
          </>
        )}
      </Answer>
    </Page>
  )
}

function Actions(props: { pass: Pass }) {
  const { id, attributes } = props.pass
  const [removing, setRemoving] = useState(false)
  const queries = useQueryClient()
  const [, go] = useLocation()
  const path = { pass_id: id }
  const off = attributes.status === 'deactivated'
  const turn = useMutation({
    mutationFn: () => {
      const body = { pass: { passAction: off ? 'reactivate' : 'deactivate' } }
      return answered(passentry.PATCH('/api/v1/passes/{pass_id}', { params: { path }, body }))
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['pass'] }),
  })
  const remove = useMutation({
    mutationFn: () =>
      answered(passentry.DELETE('/api/v1/passes/{pass_id}', { params: { path } })),
    onSuccess: async () => {
      go('/passes/list')
      await queries.invalidateQueries({ queryKey: ['passes'] })
    },
  })
  return (
    <>
      <button type="button" disabled={turn.isPending} onClick={() => turn.mutate()}>
        {off ? texts.reactivate : texts.deactivate}
      </button>
      <button type="button" class="danger" onClick={() => setRemoving(true)}>
        {texts.remove}
      </button>
      {turn.error && <Problem error={turn.error} />}
      {removing && (
        <Confirm
          title={texts.removeTitle}
          text={texts.removeText}
          action={texts.remove}
          danger
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate()}
          onClose={() => setRemoving(false)}
        />
      )}
    </>
  )
}

function Numbers(props: { pass: string }) {
  const [range] = useRange()
  const filters = { source: 'passentry', wallet_pass: props.pass }
  const report = useReport({
    ...windowOf(range),
    metrics: ['counted'],
    dimensions: ['scan_status'],
    filters,
  })
  const of = (status: string) =>
    numberOf(
      report.data?.rows.find((row) => textOf(row, 'scan_status') === status),
      'counted',
    )
  return (
    <section class="stats" aria-label={texts.scans}>
      {[
        ['successful', texts.letIn],
        ['failed', texts.refused],
      ].map(([status = '', name = '']) => (
        <Stat key={status} name={name}>
          {report.data ? (
            <Count
              value={of(status)}
              filters={{ ...filters, scan_status: status }}
              of={texts.ofScans}
            />
          ) : (
            '…'
          )}
        </Stat>
      ))}
    </section>
  )
}

function Facts(props: { pass: Pass }) {
  const [range] = useRange()
  const { attributes } = props.pass
  const day = (iso: string) => formatMoment(iso, range.zone)
  const valid = [
    attributes.validFrom && texts.validFrom(day(attributes.validFrom)),
    attributes.expiresAt && texts.validUntil(day(attributes.expiresAt)),
  ].filter(Boolean)
  const content = Object.entries(
    attributes.passContent as Record<string, { value?: unknown } | undefined>,
  )
  return (
    <Card title={texts.facts} span={4}>
      <div class="stack">
        <div class="row">
          <a class="button" href={attributes.downloadUrl} target="_blank" rel="noreferrer">
            <ExternalLink size={16} aria-hidden="true" /> {texts.openPage}
          </a>
          <CopyButton text={attributes.downloadUrl} label={texts.address} />
        </div>
        <dl class="facts">
          <dt>{texts.template}</dt>
          <dd>{attributes.passTemplateName}</dd>
          {content.map(([name, answer]) => (
            <>
              <dt>{name === 'fullName' ? texts.holder : name}</dt>
              <dd>{String(answer?.value ?? '')}</dd>
            </>
          ))}
          {attributes.groupTags && attributes.groupTags.length > 0 && (
            <>
              <dt>{texts.group}</dt>
              <dd>{attributes.groupTags.join(', ')}</dd>
            </>
          )}
          <dt>{texts.validity}</dt>
          <dd>{valid.length > 0 ? valid.join(' ') : texts.always}</dd>
          <dt>{texts.made}</dt>
          <dd>{day(attributes.createdAt)}</dd>
        </dl>
      </div>
    </Card>
  )
}

function Scans(props: { pass: string }) {
  const [range] = useRange()
  const readers = new Map(useReaders().data?.map((one) => [one.id, one.attributes.name]))
  const search = new URLSearchParams({
    source: 'passentry',
    kind: 'scan',
    wallet_pass: props.pass,
    ...windowOf(range),
    fields: 'id,occurred_at,reader,scan_medium,scan_status,scan_status_detail',
    limit: String(SCANS),
  }).toString()
  const scans = useQuery({
    queryKey: ['scans', search],
    queryFn: async () => (await send('GET', `/events?${search}`)) as EventPage,
  })
  const total = scans.data?.total?.events ?? 0
  return (
    <Card title={texts.scans} span={8}>
      <Answer of={scans} lines={5}>
        {(answer) =>
          answer.events.length === 0 ? (
            <p class="note">{texts.noScans}</p>
          ) : (
            <>
              <Table
                name={texts.scans}
                rows={answer.events}
                rowKey={(scan) => scan.id ?? ''}
                columns={[
                  {
                    title: texts.time,
                    cell: (scan) => formatMoment(scan.occurred_at ?? '', range.zone, true),
                  },
                  {
                    title: texts.reader,
                    cell: ({ reader }) => readers.get(reader ?? '') ?? reader,
                  },
                  {
                    title: texts.how,
                    wideOnly: true,
                    cell: ({ scan_medium: how }) => texts.hows[how ?? ''] ?? how,
                  },
                  {
                    title: texts.outcome,
                    cell: (scan) => (
                      <>
                        <PassStatus of={scan.scan_status ?? ''} /> {scan.scan_status_detail}
                      </>
                    ),
                  },
                ]}
              />
              {total > SCANS && <p class="note">{texts.newestOf(formatCount(total))}</p>}
            </>
          )
        }
      </Answer>
    </Card>
  )
}

function Doubles(props: { pass: string }) {
  const readers = useReaders().data ?? []
  return (
    <Card title={texts.conflicts}>
      <Conflicts readers={readers} pass={props.pass} />
    </Card>
  )
}
