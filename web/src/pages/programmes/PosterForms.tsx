import { useState } from 'preact/hooks'
import { publicPath } from '../../api/server'
import { answered, Refused, vantio } from '../../api/client'
import { formatDistance } from '../../formats'
import { Dialog, FormDialog } from '../../parts/Dialog'
import { useDraft } from '../../parts/draft'
import { Field, Select, TextArea } from '../../parts/Field'
import { Conflicts } from '../../parts/Stale'
import { strings } from '../../strings'
import { nameOf, placeOf, type Poster, type Program, useRefresh, useUsers } from './queries'

const texts = strings.programmes

/** Whose poster it is; `own` is what stands there for the account itself. */
function AmbassadorSelect(props: {
  programId: string
  value: string
  own: string
  onValue: (id: string) => void
}) {
  const users = useUsers(props.programId)
  const options = (users.data ?? []).map((user) => [user.id, nameOf(user)] as const)
  const known = props.value === '' || options.some(([id]) => id === props.value)
  return (
    <Select
      label={texts.ambassador}
      value={props.value}
      options={[
        ['', props.own],
        ...options,
        ...(known ? [] : [[props.value, texts.someone] as const]),
      ]}
      onValue={props.onValue}
    />
  )
}

/** One poster, or one for each of many places. */
export function MakePosters(props: { program: Program; onClose: () => void }) {
  const { values, set, unsaved } = useDraft({ text: '', student: '' })
  const { text, student } = values
  const refresh = useRefresh()
  const places = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
  async function submit() {
    let created = 0
    try {
      for (const location of places) {
        const body = {
          program_id: props.program.id,
          location,
          ...(student ? { student_id: student } : {}),
        }
        await answered(vantio.POST('/api/v1/posters', { body }))
        created += 1
      }
    } catch (problem) {
      if (created === 0 || !(problem instanceof Refused)) throw problem
      set({ text: places.slice(created).join('\n') })
      throw new Refused(400, texts.somePosters(created, places.length, problem.message))
    } finally {
      await refresh()
    }
  }
  return (
    <FormDialog
      title={texts.makePosters}
      action={texts.makePostersAction(places.length)}
      disabled={places.length === 0}
      unsaved={unsaved}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <TextArea
        label={texts.places}
        rows={6}
        hint={texts.placesHint}
        placeholder={texts.placesExample}
        value={text}
        onValue={(text) => set({ text })}
      />
      <AmbassadorSelect
        programId={props.program.id}
        value={student}
        own={texts.own}
        onValue={(student) => set({ student })}
      />
    </FormDialog>
  )
}

export function PosterForm(props: { program: Program; poster: Poster; onClose: () => void }) {
  const { poster } = props
  const { values, changed, conflicts, set, unsaved } = useDraft({
    location: poster.location ?? '',
    student: poster.student_id,
  })
  const refresh = useRefresh()
  async function submit() {
    const body = {
      ...(changed.location !== undefined && { location: changed.location || null }),
      ...(changed.student && { student_id: changed.student }),
    }
    const params = { path: { id: poster.id } }
    if (Object.keys(body).length > 0)
      await answered(vantio.PUT('/api/v1/posters/{id}', { params, body }))
    await refresh()
  }
  return (
    <FormDialog
      title={texts.editPoster}
      action={strings.common.save}
      unsaved={unsaved}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <Field
        label={texts.place}
        maxLength={200}
        value={values.location}
        onValue={(location) => set({ location })}
      />
      <AmbassadorSelect
        programId={props.program.id}
        value={values.student}
        own={texts.asItIs}
        onValue={(student) => set({ student })}
      />
      <Conflicts
        names={conflicts.map((one) => (one === 'location' ? texts.place : texts.ambassador))}
      />
    </FormDialog>
  )
}

/** The code of a poster as files, as wide as the distance asks. */
export function PrintDialog(props: { poster: Poster; onClose: () => void }) {
  const { poster } = props
  const widths = poster.print.minimum_widths
  const [millimetres, setMillimetres] = useState(String(widths[0]?.image_width_mm ?? 50))
  const place = placeOf(poster)
  const path = `${publicPath}/api/v1/posters/${encodeURIComponent(poster.id)}/qr-code`
  const file = `${place.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '') || poster.id}`
  const files = [
    ['pdf', `${path}.pdf?size_mm=${millimetres}`],
    ['svg', `${path}.svg?size_mm=${millimetres}`],
    ['png', `${path}.png?size=2048`],
  ] as const
  return (
    <Dialog title={texts.printTitle(place)} onClose={props.onClose}>
      <img class="printed" src={`${path}.svg`} alt={texts.qrOf(place)} width="220" height="220" />
      <p class="note centred wraps">{poster.short_url}</p>
      <Select
        label={texts.readFrom}
        value={millimetres}
        options={widths.map(
          (width) =>
            [
              String(width.image_width_mm),
              `${formatDistance(width.distance_mm)}: ${texts.width(width.image_width_mm)}`,
            ] as const,
        )}
        onValue={setMillimetres}
      />
      <footer class="dialog-foot">
        {files.map(([kind, href]) => (
          <a
            key={kind}
            class={kind === 'pdf' ? 'button primary' : 'button'}
            href={href}
            download={`${file}.${kind}`}
          >
            {texts.downloads[kind]}
          </a>
        ))}
      </footer>
    </Dialog>
  )
}
