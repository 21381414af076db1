import { useMutation, useQuery, useQueryClient } from '@tanstack/preact-query'
import { ExternalLink } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { answered, passentry, Refused, send } from '../../api/client'
import { numberOf, textOf, useReport, windowOf } from '../../api/questions'
import type { components } from '../../api/types/native'
import { formatCount, formatMoment } from '../../formats'
import { CopyButton } from '../../parts/Copy'
import { Dialog } from '../../parts/Dialog'
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
import { type Pass, patient, useReaders } from './resources'
import { PassStatus } from './PassStatus'

const words = strings.passes
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
      <Page title={words.pass}>
        <Empty title={words.notThere}>
          <p>
            <Link href="/passes/list">{words.toPasses}</Link>
          </p>
        </Empty>
      </Page>
    )
  return (
    <Page
      title={pass.data?.attributes.extId ?? words.pass}
      lead={pass.data && <PassStatus of={pass.data.attributes.status} />}
      actions={
        <>
          <RangePicker />
          {mayWrite && pass.data && <Actions pass={pass.data} />}
        </>
      }
    >
      <Answer of={pass} lines={10}>
        {(told) => (
          <>
            <Numbers pass={told.id} />
            <div class="grid">
              <Scans pass={told.id} />
              <Facts pass={told} />
              <Doubles pass={told.id} />
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
        {off ? words.reactivate : words.deactivate}
      </button>
      <button type="button" class="danger" onClick={() => setRemoving(true)}>
        {words.remove}
      </button>
      {turn.error && <Problem error={turn.error} />}
      {removing && (
        <Dialog title={words.removeTitle} onClose={() => setRemoving(false)}>
          <p>{words.removeText}</p>
          {remove.error && <Problem error={remove.error} />}
          <footer class="dialog-foot">
            <button type="button" onClick={() => setRemoving(false)}>
              {strings.common.cancel}
            </button>
            <button
              type="button"
              class="danger"
              disabled={remove.isPending}
              onClick={() => remove.mutate()}
            >
              {words.remove}
            </button>
          </footer>
        </Dialog>
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
    <section class="stats" aria-label={words.scans}>
      {[
        ['successful', words.letIn],
        ['failed', words.refused],
      ].map(([status = '', name = '']) => (
        <Stat key={status} name={name}>
          {report.data ? (
            <Count
              value={of(status)}
              filters={{ ...filters, scan_status: status }}
              of={words.ofScans}
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
    attributes.validFrom && words.validFrom(day(attributes.validFrom)),
    attributes.expiresAt && words.validUntil(day(attributes.expiresAt)),
  ].filter(Boolean)
  const content = Object.entries(
    attributes.passContent as Record<string, { value?: unknown } | undefined>,
  )
  return (
    <Card title={words.facts} span={4}>
      <div class="stack">
        <div class="row">
          <a class="button" href={attributes.downloadUrl} target="_blank" rel="noreferrer">
            <ExternalLink size={16} aria-hidden="true" /> {words.openPage}
          </a>
          <CopyButton text={attributes.downloadUrl} label={words.address} />
        </div>
        <dl class="facts">
          <dt>{words.template}</dt>
          <dd>{attributes.passTemplateName}</dd>
          {content.map(([name, told]) => (
            <>
              <dt>{name === 'fullName' ? words.holder : name}</dt>
              <dd>{String(told?.value ?? '')}</dd>
            </>
          ))}
          {attributes.groupTags && attributes.groupTags.length > 0 && (
            <>
              <dt>{words.group}</dt>
              <dd>{attributes.groupTags.join(', ')}</dd>
            </>
          )}
          <dt>{words.validity}</dt>
          <dd>{valid.length > 0 ? valid.join(' ') : words.always}</dd>
          <dt>{words.made}</dt>
          <dd>{day(attributes.createdAt)}</dd>
        </dl>
      </div>
    </Card>
  )
}

function Scans(props: { pass: string }) {
  const [range] = useRange()
  const readers = new Map(useReaders().data?.map((one) => [one.id, one.attributes.name]))
  const asked = new URLSearchParams({
    source: 'passentry',
    kind: 'scan',
    wallet_pass: props.pass,
    ...windowOf(range),
    fields: 'id,occurred_at,reader,scan_medium,scan_status,scan_status_detail',
    limit: String(SCANS),
  }).toString()
  const scans = useQuery({
    queryKey: ['scans', asked],
    queryFn: async () => (await send('GET', `/events?${asked}`)) as EventPage,
  })
  const total = scans.data?.total?.events ?? 0
  return (
    <Card title={words.scans} span={8}>
      <Answer of={scans} lines={5}>
        {(told) =>
          told.events.length === 0 ? (
            <p class="note">{words.noScans}</p>
          ) : (
            <>
              <Table
                name={words.scans}
                rows={told.events}
                rowKey={(scan) => scan.id ?? ''}
                columns={[
                  {
                    title: words.time,
                    cell: (scan) => formatMoment(scan.occurred_at ?? '', range.zone, true),
                  },
                  {
                    title: words.door,
                    cell: ({ reader }) => readers.get(reader ?? '') ?? reader,
                  },
                  {
                    title: words.how,
                    wideOnly: true,
                    cell: ({ scan_medium: how }) => words.hows[how ?? ''] ?? how,
                  },
                  {
                    title: words.outcome,
                    cell: (scan) => (
                      <>
                        <PassStatus of={scan.scan_status ?? ''} /> {scan.scan_status_detail}
                      </>
                    ),
                  },
                ]}
              />
              {total > SCANS && <p class="note">{words.newestOf(formatCount(total))}</p>}
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
    <Card title={words.conflicts}>
      <Conflicts readers={readers} pass={props.pass} />
    </Card>
  )
}
