import { useMutation, useQueryClient } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { answered, passentry } from '../../api/client'
import { Confirm } from '../../parts/Confirm'
import { Dialog } from '../../parts/Dialog'
import { useDraft } from '../../parts/draft'
import { Field } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { Problem } from '../../parts/States'
import { strings } from '../../strings'
import type { Reader } from './queries'

const texts = strings.passes

/** Makes a reader of the default entity, or changes one, or takes it away. */
export function ReaderForm(props: { reader: Reader | null; onClose: () => void }) {
  const { reader } = props
  const { values, changed, set, unsaved } = useDraft({
    name: reader?.attributes.name ?? '',
    id: '',
    password: '',
  })
  const { id, password } = values
  const [removing, setRemoving] = useState(false)
  const { save, remove } = useChanges(reader, props.onClose)
  const problem = save.error ?? remove.error
  return (
    <Dialog title={reader ? texts.changeReader : texts.makeReader} onClose={props.onClose}>
      <Form
        unsaved={unsaved}
        onSubmit={() => {
          const name = reader ? changed.name : values.name
          save.mutate({ id: id.trim(), password, ...(name !== undefined && { name: name.trim() }) })
        }}
      >
        <Field
          label={strings.offers.name}
          required
          maxLength={200}
          value={values.name}
          onValue={(name) => set({ name })}
        />
        {!reader && (
          <Field
            label={texts.readerId}
            maxLength={200}
            pattern="[^\/\\?#]*"
            value={id}
            onValue={(id) => set({ id })}
            hint={texts.readerIdHint}
          />
        )}
        <Field
          label={reader ? texts.newPassword : texts.password}
          type="password"
          autocomplete="new-password"
          value={password}
          onValue={(password) => set({ password })}
          hint={reader ? texts.newPasswordHint : texts.passwordHint}
        />
        {problem && <Problem error={problem} />}
        <footer class="dialog-foot">
          {reader && (
            <button
              type="button"
              class="danger"
              onClick={() => setRemoving(true)}
            >
              {texts.removeReader}
            </button>
          )}
          <button type="submit" class="primary" disabled={save.isPending}>
            {reader ? strings.common.save : texts.makeReader}
          </button>
        </footer>
        {removing && reader && (
          <Confirm
            title={texts.removeReaderOf(reader.attributes.name)}
            text={texts.removeReaderText}
            action={strings.common.remove}
            danger
            busy={remove.isPending}
            onConfirm={() => remove.mutate(undefined, { onError: () => setRemoving(false) })}
            onClose={() => setRemoving(false)}
          />
        )}
      </Form>
    </Dialog>
  )
}

function useChanges(reader: Reader | null, onClose: () => void) {
  const queries = useQueryClient()
  const onSuccess = async () => {
    await queries.invalidateQueries({ queryKey: ['readers'] })
    onClose()
  }
  const path = { reader_id: reader?.id ?? '' }
  const save = useMutation({
    onSuccess,
    mutationFn: async (answer: { id: string; name?: string; password: string }): Promise<unknown> => {
      const { id, name, password } = answer
      const fields = { ...(name !== undefined && { name }), ...(password ? { password } : {}) }
      if (reader) {
        if (Object.keys(fields).length === 0) return null
        const body = { reader: fields }
        return answered(passentry.PATCH('/api/v1/readers/{reader_id}', { params: { path }, body }))
      }
      return answered(
        passentry.POST('/api/v1/entities/{entity_id}/readers', {
          params: { path: { entity_id: 'default' } },
          body: {
            reader: { type: 'PassentryReader', name: '', ...fields, ...(id ? { id } : {}) },
          },
        }),
      )
    },
  })
  const remove = useMutation({
    onSuccess,
    mutationFn: () =>
      answered(passentry.DELETE('/api/v1/readers/{reader_id}', { params: { path } })),
  })
  return { save, remove }
}
