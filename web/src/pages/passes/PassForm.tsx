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
import { type Pass, useTemplates } from './resources'

const words = strings.passes
const NEW = 'new'

/** Makes a pass; without a kind it is of the one named Default, which the server makes. */
export function PassForm(props: { onClose: () => void; onMade: (pass: Pass) => void }) {
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
    onSuccess: async (made) => {
      await queries.invalidateQueries({ queryKey: ['passes'] })
      draft.settle()
      props.onClose()
      props.onMade(made.data)
    },
  })
  return (
    <Dialog title={words.make} onClose={props.onClose}>
      <Form
        unsaved={draft.unsaved}
        onSubmit={() => {
          make.mutate()
        }}
      >
        <Field label={words.number} value={number} onValue={(number) => set({ number })} hint={words.drawn} />
        <Field
          label={words.holder}
          maxLength={200}
          value={holder}
          onValue={(holder) => set({ holder })}
        />
        <Select
          label={words.template}
          value={template}
          options={[
            ...(templates.length === 0 ? [['', words.defaultTemplate] as const] : []),
            ...templates.map((one) => [one.id, one.name] as const),
            [NEW, words.newTemplate],
          ]}
          onValue={(template) => set({ template })}
        />
        {template === NEW && (
          <Field
            label={words.templateName}
            required
            value={kind}
            onValue={(kind) => set({ kind })}
          />
        )}
        <Field
          label={words.group}
          value={group}
          onValue={(group) => set({ group })}
          hint={words.groupHint}
        />
        <div class="fields">
          <Field
            label={strings.common.inZone(words.from, zone)}
            type="datetime-local"
            value={from}
            onValue={(from) => set({ from })}
          />
          <Field
            label={strings.common.inZone(words.until, zone)}
            type="datetime-local"
            value={until}
            onValue={(until) => set({ until })}
          />
        </div>
        {make.error && <Problem error={make.error} />}
        <footer class="dialog-foot">
          <button type="submit" class="primary" disabled={make.isPending}>
            {words.make}
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
  told: { holder: string; group: string; from: string; until: string; zone: string },
) {
  const query = { ...(passTemplate ? { passTemplate } : {}), ...(extId ? { extId } : {}) }
  const pass = {
    ...(told.holder.trim() ? { fullName: told.holder.trim() } : {}),
    ...(told.group.trim() ? { groupTags: told.group.trim().split(/[\s,]+/) } : {}),
    ...(told.from ? { validFrom: momentAt(told.from, told.zone).toISOString() } : {}),
    ...(told.until ? { expiresAt: momentAt(told.until, told.zone).toISOString() } : {}),
  }
  const body = { pass } as components['schemas']['PassRequest']
  return answered(passentry.POST('/api/v1/passes', { params: { query }, body }))
}

async function makeTemplate(name: string): Promise<string> {
  const body = { passTemplate: { name } }
  return (await answered(passentry.POST('/api/v1/pass-templates', { body }))).data.id
}
