import { useMutation, useQueryClient } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { answered, native, Refused } from '../../api/client'
import { server } from '../../api/server'
import { formatMoment } from '../../formats'
import { Analytics } from '../../parts/Analytics'
import { Confirm } from '../../parts/Confirm'
import { CopyButton, Snippet } from '../../parts/Copy'
import { Tabs } from '../../parts/Field'
import { Card, Page } from '../../parts/Page'
import { RangePicker } from '../../parts/RangePicker'
import { Answer, Problem } from '../../parts/States'
import { useRange } from '../../state/range'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { Edit } from './Edit'
import { nameOf, placeOf, type Tagged, type Tracker as TrackerShown, useChange, useTracker } from './queries'

const texts = strings.trackers

/** Any tracker: what it is, whose it is, and what it counted. */
export default function Tracker(props: { params: { id: string } }) {
  const tracker = useTracker(props.params.id)
  const gone = tracker.error instanceof Refused && [400, 404].includes(tracker.error.status)
  if (gone)
    return (
      <Page title={texts.one}>
        <Card>
          <p>{texts.notFound}</p>
          <p>
            <Link href="/trackers">{texts.toList}</Link>
          </p>
        </Card>
      </Page>
    )
  return (
    <Page title={tracker.data ? nameOf(tracker.data) : texts.one} actions={<RangePicker />}>
      <Answer of={tracker} lines={12}>
        {(answer) => (
          <>
            <div class="grid spaced">
              <About tracker={answer} />
              {answer.source === 'native' && <Use tracker={answer} />}
            </div>
            <Analytics filters={{ tracker: String(answer.id) }} of={texts.events} />
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
    <Card title={texts.about} span={tracker.source === 'native' ? 6 : 12}>
      <div class="stack">
        {tracker.paused && <p class="notice">{texts.pausedNow}</p>}
        <dl class="facts">
          <dt>{texts.what}</dt>
          <dd>
            {texts.resources[tracker.resource] ?? tracker.resource} ·{' '}
            {texts.kinds[tracker.kind] ?? strings.overview.kinds[tracker.kind] ?? tracker.kind}
          </dd>
          {tracker.link && (
            <>
              <dt>{texts.link}</dt>
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
              <dt>{texts.leadsTo}</dt>
              <dd>{tracker.destination}</dd>
            </>
          )}
          {Object.entries(tracker.references).map(([name, value]) => (
            <Reference key={name} name={name} value={value} />
          ))}
          <dt>{texts.made}</dt>
          <dd>{formatMoment(tracker.created_at, range.zone)}</dd>
          <dt>{texts.id}</dt>
          <dd>{tracker.id}</dd>
        </dl>
        {place && (
          <p class="row">
            <Link href={place} class="button">
              {texts.openResource[tracker.resource] ?? texts.belongs}
            </Link>
            <span class="note">{texts.changedThere}</span>
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
    ['script', texts.script],
    ['image', texts.image],
  ]
  if (link) ways.push(['link', texts.shortLink])
  const [way, setWay] = useState(link ? 'link' : kind === 'open' ? 'image' : 'script')
  const snippet: Record<string, [string, string]> = {
    script: [
      texts.scriptLead,
      `<script defer src="${server}/tag.js" data-tracker="${slug}"></script>`,
    ],
    image: [texts.imageLead, `<img src="${image}" alt="" width="1" height="1">`],
    link: [texts.linkLead, link ?? ''],
  }
  const [lead, text] = snippet[way] ?? ['', '']
  return (
    <Card
      title={texts.use}
      span={6}
      actions={<Tabs name={texts.use} value={way} options={ways} onValue={setWay} />}
    >
      <div class="stack">
        <p>{lead}</p>
        <Snippet text={text} label={way === 'link' ? texts.shortLink : texts.inHtml} />
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
          {tracker.paused ? texts.resume : texts.pause}
        </button>
        <button type="button" onClick={() => setDoing('edit')}>
          {texts.edit}
        </button>
        <button type="button" class="danger" onClick={() => setDoing('remove')}>
          {texts.remove}
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
    <Confirm
      title={texts.removeAsk(nameOf(tracker))}
      action={texts.removeNow}
      danger
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={props.onClose}
    >
      <ul class="bullets">
        <li>{texts.removeEvents}</li>
        <li>{texts.removeLinks}</li>
      </ul>
      <p>{texts.removeForGood}</p>
    </Confirm>
  )
}
