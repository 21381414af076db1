import { useMutation, useQueryClient } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { answered, native, Refused } from '../../api/client'
import { server } from '../../api/server'
import { formatMoment } from '../../formats'
import { Analytics } from '../../parts/Analytics'
import { CopyButton, Snippet } from '../../parts/Copy'
import { Dialog } from '../../parts/Dialog'
import { Tabs } from '../../parts/Field'
import { Card, Page } from '../../parts/Page'
import { RangePicker } from '../../parts/RangePicker'
import { Answer, Problem } from '../../parts/States'
import { useRange } from '../../state/range'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { Edit } from './Edit'
import { nameOf, placeOf, type Tagged, type Tracker as TrackerShown, useChange, useTracker } from './questions'

const said = strings.trackers

/** Any tracker: what it is, whose it is, and what it counted. */
export default function Tracker(props: { params: { id: string } }) {
  const tracker = useTracker(props.params.id)
  const gone = tracker.error instanceof Refused && [400, 404].includes(tracker.error.status)
  if (gone)
    return (
      <Page title={said.one}>
        <Card>
          <p>{said.notFound}</p>
          <p>
            <Link href="/trackers">{said.toList}</Link>
          </p>
        </Card>
      </Page>
    )
  return (
    <Page title={tracker.data ? nameOf(tracker.data) : said.one} actions={<RangePicker />}>
      <Answer of={tracker} lines={12}>
        {(told) => (
          <>
            <div class="grid spaced">
              <About tracker={told} />
              {told.source === 'native' && <Use tracker={told} />}
            </div>
            <Analytics filters={{ tracker: String(told.id) }} of={said.events} />
          </>
        )}
      </Answer>
    </Page>
  )
}

function About(props: { tracker: Tagged }) {
  const { tracker } = props
  const { mayWrite } = useSigned()
  const [range] = useRange()
  const place = placeOf(tracker)
  return (
    <Card title={said.about} span={tracker.source === 'native' ? 6 : 12}>
      <div class="stack">
        {tracker.paused && <p class="notice">{said.pausedNow}</p>}
        <dl class="facts">
          <dt>{said.what}</dt>
          <dd>
            {said.resources[tracker.resource] ?? tracker.resource} ·{' '}
            {said.kinds[tracker.kind] ?? strings.overview.kinds[tracker.kind] ?? tracker.kind}
          </dd>
          {tracker.link && (
            <>
              <dt>{said.link}</dt>
              <dd class="row">
                <a href={tracker.link} target="_blank" rel="noreferrer">
                  {tracker.link.replace(/^https?:\/\//, '')}
                </a>
                <CopyButton text={tracker.link} />
              </dd>
            </>
          )}
          {tracker.destination && (
            <>
              <dt>{said.leadsTo}</dt>
              <dd>{tracker.destination}</dd>
            </>
          )}
          {Object.entries(tracker.references).map(([name, value]) => (
            <Reference key={name} name={name} value={value} />
          ))}
          <dt>{said.made}</dt>
          <dd>{formatMoment(tracker.created_at, range.zone)}</dd>
          <dt>{said.id}</dt>
          <dd>{tracker.id}</dd>
        </dl>
        {place && (
          <p class="row">
            <Link href={place} class="button">
              {said.openNoun[tracker.resource] ?? said.belongs}
            </Link>
            <span class="note">{said.changedThere}</span>
          </p>
        )}
        {tracker.source === 'native' && mayWrite && <Actions tracker={tracker} />}
      </div>
    </Card>
  )
}

function Reference(props: { name: string; value: string }) {
  return (
    <>
      <dt>{props.name}</dt>
      <dd>
        <code>{props.value}</code>
      </dd>
    </>
  )
}

function Use(props: { tracker: TrackerShown }) {
  const { slug, image, link, kind } = props.tracker
  const ways: [string, string][] = [
    ['script', said.script],
    ['image', said.image],
  ]
  if (link) ways.push(['link', said.shortLink])
  const [way, setWay] = useState(link ? 'link' : kind === 'open' ? 'image' : 'script')
  const texts: Record<string, [string, string]> = {
    script: [
      said.scriptLead,
      `<script defer src="${server}/tag.js" data-tracker="${slug}"></script>`,
    ],
    image: [said.imageLead, `<img src="${image}" alt="" width="1" height="1">`],
    link: [said.linkLead, link ?? ''],
  }
  const [lead, text] = texts[way] ?? ['', '']
  return (
    <Card
      title={said.use}
      span={6}
      actions={<Tabs name={said.use} value={way} options={ways} onValue={setWay} />}
    >
      <div class="stack">
        <p>{lead}</p>
        <Snippet text={text} label={way === 'link' ? said.shortLink : said.inHtml} />
      </div>
    </Card>
  )
}

function Actions(props: { tracker: Tagged }) {
  const { tracker } = props
  const [doing, setDoing] = useState<'edit' | 'remove' | null>(null)
  const change = useChange(tracker.id)
  return (
    <>
      {change.error && <Problem error={change.error} />}
      <div class="row">
        <button
          type="button"
          disabled={change.isPending}
          onClick={() => change.mutate({ paused: !tracker.paused })}
        >
          {tracker.paused ? said.resume : said.pause}
        </button>
        <button type="button" onClick={() => setDoing('edit')}>
          {said.edit}
        </button>
        <button type="button" class="danger" onClick={() => setDoing('remove')}>
          {said.remove}
        </button>
      </div>
      {doing === 'edit' && <Edit tracker={tracker} onClose={() => setDoing(null)} />}
      {doing === 'remove' && <Remove tracker={tracker} onClose={() => setDoing(null)} />}
    </>
  )
}

function Remove(props: { tracker: TrackerShown; onClose: () => void }) {
  const { tracker } = props
  const [, go] = useLocation()
  const queries = useQueryClient()
  const remove = useMutation({
    mutationFn: () =>
      answered(
        native.DELETE('/trackers/{tracker_id}', {
          params: { path: { tracker_id: String(tracker.id) } },
        }),
      ),
    onSuccess: () => {
      go('/trackers')
      queries.removeQueries({ queryKey: ['tracker', String(tracker.id)] })
      for (const key of ['trackers', 'report'])
        void queries.invalidateQueries({ queryKey: [key] })
    },
  })
  return (
    <Dialog title={said.removeAsk(nameOf(tracker))} onClose={props.onClose}>
      <ul class="bullets">
        <li>{said.removeEvents}</li>
        <li>{said.removeLinks}</li>
      </ul>
      <p>{said.removeForGood}</p>
      {remove.error && <Problem error={remove.error} />}
      <footer class="dialog-foot">
        <button type="button" onClick={props.onClose}>
          {strings.common.cancel}
        </button>
        <button
          type="button"
          class="danger"
          disabled={remove.isPending}
          onClick={() => remove.mutate()}
        >
          {said.removeNow}
        </button>
      </footer>
    </Dialog>
  )
}
