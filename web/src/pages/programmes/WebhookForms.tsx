import { answered, vantio } from '../../api/client'
import { Snippet } from '../../parts/Copy'
import { Dialog, FormDialog } from '../../parts/Dialog'
import { useDraft } from '../../parts/draft'
import { Checkbox, Field } from '../../parts/Field'
import { nothingToSave } from '../../state/edits'
import { strings } from '../../strings'
import { useRefresh, type Webhook } from './queries'

const texts = strings.programmes
const EVENTS = Object.keys(texts.eventNames)
const CHECK = `import base64, hashlib, hmac

key = base64.b64decode(SECRET.partition("_")[2])
head = request.headers
signed = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + request.body
known = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
assert hmac.compare_digest(head["webhook-signature"], known)`

export function MakeWebhook(props: { onClose: () => void; onCreated: (secret: string) => void }) {
  const { values, set, unsaved } = useDraft({ url: '', events: EVENTS })
  const { url, events } = values
  const refresh = useRefresh()
  async function submit() {
    const created = await answered(vantio.POST('/api/v1/webhooks', { body: { url, events } }))
    props.onCreated(created.secret)
    await refresh()
  }
  return (
    <FormDialog
      title={texts.makeWebhook}
      action={texts.create}
      disabled={events.length === 0}
      stays
      unsaved={unsaved}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <Field
        label={texts.url}
        type="url"
        required
        placeholder="https://"
        hint={texts.urlHint}
        value={url}
        onValue={(url) => set({ url })}
      />
      <fieldset>
        <legend>{texts.events}</legend>
        {EVENTS.map((event) => (
          <Checkbox
            key={event}
            label={texts.eventNames[event]}
            checked={events.includes(event)}
            onChecked={(checked) =>
              set({
                events: EVENTS.filter((one) => (one === event ? checked : events.includes(one))),
              })
            }
          />
        ))}
      </fieldset>
    </FormDialog>
  )
}

/** Shown once. */
export function Secret(props: { secret: string; onClose: () => void }) {
  return (
    <Dialog title={texts.secretTitle} onClose={props.onClose}>
      <p>{texts.secretLead}</p>
      <Snippet label={texts.secretTitle} text={props.secret} />
      <Snippet label={texts.secretCheck} text={CHECK} />
      <footer class="dialog-foot">
        <button type="button" class="primary" onClick={props.onClose}>
          {texts.done}
        </button>
      </footer>
    </Dialog>
  )
}

export function NewSecret(props: {
  webhook: Webhook
  onClose: () => void
  onCreated: (secret: string) => void
}) {
  async function submit() {
    const params = { path: { id: props.webhook.id } }
    const created = await answered(vantio.POST('/api/v1/webhooks/{id}/rotate-secret', { params }))
    props.onCreated(created.secret)
  }
  return (
    <FormDialog
      title={texts.newSecret}
      action={texts.newSecret}
      danger
      unsaved={nothingToSave}
      stays
      onSubmit={submit}
      onClose={props.onClose}
    >
      <p>{texts.newSecretText}</p>
    </FormDialog>
  )
}

export function DeleteWebhook(props: { webhook: Webhook; onClose: () => void }) {
  const refresh = useRefresh()
  async function submit() {
    const params = { path: { id: props.webhook.id } }
    await answered(vantio.DELETE('/api/v1/webhooks/{id}', { params }))
    await refresh()
  }
  return (
    <FormDialog
      title={texts.deleteWebhook}
      action={strings.common.remove}
      danger
      unsaved={nothingToSave}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <p>{texts.deleteWebhookText(props.webhook.url)}</p>
    </FormDialog>
  )
}
