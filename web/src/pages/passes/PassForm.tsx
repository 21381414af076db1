import { useMutation, useQueryClient } from '@tanstack/preact-query'
import { answered, passentry } from '../../api/client'
import type { components } from '../../api/types/passentry'
import { momentAt } from '../../moments'
import { Dialog } from '../../parts/Dialog'
import { useDraft } from '../../parts/draft'
import { Field, Select } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { Problem } from '../../parts/States'
import { useRange } from '../../state/range'
import { strings } from '../../strings'
import { type Pass, useTemplates } from './queries'

const texts = strings.passes
const NEW = 'new'

/** Makes a pass; without a kind it is of the one named Default, which the server makes. */
export function PassForm(props: { onClose: () => void; onCreated: (pass: Pass) => void }) {
  const [{ zone }] = useRange()
  const templates = useTemplates().data ?? []
  const draft = useDraft({
    number: '',
    holder: '',
    group: '',
    from: '',
    until: '',
    template: templates[0]?.id ?? '',
    kind: '',
  })
  const { values, set } = draft
  const { number, holder, group, from, until, template, kind } = values
  const queries = useQueryClient()
  const make = useMutation({
    mutationFn: async () => {
      let passTemplate = template
      if (template === NEW) {
        passTemplate = await makeTemplate(kind.trim())
        // If the pass is refused, its kind is there for the next attempt.
        await queries.invalidateQueries({ queryKey: ['pass-templates'] })
        set({ template: passTemplate })
      }
      return makePass(passTemplate, number.trim(), { holder, group, from, until, zone })
    },
    onSuccess: async (created) => {
      await queries.invalidateQueries({ queryKey: ['passes'] })
      draft.settle()
      props.onClose()
      props.onCreated(created.data)
    },
  })
  return (
    <Dialog title={texts.make} onClose={props.onClose}>
      <Form
        unsaved={draft.unsaved}
        onSubmit={() => {
          make.mutate()
        }}
      >
        <Field label={texts.number} value={number} onValue={(number) => set({ number })} hint={texts.drawn} />
        <Field
          label={texts.holder}
          maxLength={200}
          value={holder}
          onValue={(holder) => set({ holder })}
        />
        <Select
          label={texts.template}
          value={template}
          options={[
            ...(templates.length === 0 ? [['', texts.defaultTemplate] as const] : []),
            ...templates.map((one) => [one.id, one.name] as const),
            [NEW, texts.newTemplate],
          ]}
          onValue={(template) => set({ template })}
        />
        {template === NEW && (
          <Field
            label={texts.templateName}
            required
            value={kind}
            onValue={(kind) => set({ kind })}
          />
        )}
        <Field
          label={texts.group}
          value={group}
          onValue={(group) => set({ group })}
          hint={texts.groupHint}
        />
        <div class="fields">
          <Field
            label={strings.common.inZone(texts.from, zone)}
            type="datetime-local"
            value={from}
            onValue={(from) => set({ from })}
          />
          <Field
            label={strings.common.inZone(texts.until, zone)}
            type="datetime-local"
            value={until}
            onValue={(until) => set({ until })}
          />
        </div>
        {make.error && <Problem error={make.error} />}
        <footer class="dialog-foot">
          <button type="submit" class="primary" disabled={make.isPending}>
            {texts.make}
          </button>
        </footer>
      </Form>
    </Dialog>
  )
}

/** Of what is empty nothing is sent. */
function makePass(
  passTemplate: string,
  extId: string,
  fields: { holder: string; group: string; from: string; until: string; zone: string },
) {
  const query = { ...(passTemplate ? { passTemplate } : {}), ...(extId ? { extId } : {}) }
  const pass = {
    ...(fields.holder.trim() ? { fullName: fields.holder.trim() } : {}),
    ...(fields.group.trim() ? { groupTags: fields.group.trim().split(/[\s,]+/) } : {}),
    ...(fields.from ? { validFrom: momentAt(fields.from, fields.zone).toISOString() } : {}),
    ...(fields.until ? { expiresAt: momentAt(fields.until, fields.zone).toISOString() } : {}),
  }
  const body = { pass } as components['schemas']['PassRequest']
  return answered(passentry.POST('/api/v1/passes', { params: { query }, body }))
}

async function makeTemplate(name: string): Promise<string> {
  const body = { passTemplate: { name } }
  return (await answered(passentry.POST('/api/v1/pass-templates', { body }))).data.id
}
