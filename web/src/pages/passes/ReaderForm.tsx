import { useMutation, useQueryClient } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { answered, passentry } from '../../api/client'
import { Dialog } from '../../parts/Dialog'
import { Field } from '../../parts/Field'
import { Problem } from '../../parts/States'
import { strings } from '../../strings'
import type { Reader } from './nouns'

const words = strings.passes

/** Makes a reader of the default entity, or changes one, or takes it away. */
export function ReaderForm(props: { reader: Reader | null; onClose: () => void }) {
  const { reader } = props
  const [name, setName] = useState(reader?.attributes.name ?? '')
  const [id, setId] = useState('')
  const [password, setPassword] = useState('')
  const queries = useQueryClient()
  const done = async () => {
    await queries.invalidateQueries({ queryKey: ['readers'] })
    props.onClose()
  }
  const save = useMutation({
    mutationFn: () => {
      const fields = { name: name.trim(), ...(password ? { password } : {}) }
      return reader
        ? answered(
            passentry.PATCH('/api/v1/readers/{reader_id}', {
              params: { path: { reader_id: reader.id } },
              body: { reader: fields },
            }),
          )
        : answered(
            passentry.POST('/api/v1/entities/{entity_id}/readers', {
              params: { path: { entity_id: 'default' } },
              body: {
                reader: {
                  type: 'PassentryReader',
                  ...fields,
                  ...(id.trim() ? { id: id.trim() } : {}),
                },
              },
            }),
          )
    },
    onSuccess: done,
  })
  const remove = useMutation({
    mutationFn: () =>
      answered(
        passentry.DELETE('/api/v1/readers/{reader_id}', {
          params: { path: { reader_id: reader?.id ?? '' } },
        }),
      ),
    onSuccess: done,
  })
  const problem = save.error ?? remove.error
  return (
    <Dialog title={reader ? words.changeReader : words.makeReader} onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <Field
          label={strings.offers.name}
          required
          maxLength={200}
          value={name}
          onValue={setName}
        />
        {!reader && (
          <Field
            label={words.readerId}
            maxLength={200}
            pattern="[^\/\\?#]*"
            value={id}
            onValue={setId}
            hint={words.readerIdHint}
          />
        )}
        <Field
          label={reader ? words.newPassword : words.password}
          type="password"
          autocomplete="new-password"
          value={password}
          onValue={setPassword}
          hint={reader ? words.newPasswordHint : words.passwordHint}
        />
        {problem && <Problem error={problem} />}
        <footer class="dialog-foot">
          {reader && (
            <button
              type="button"
              class="danger"
              title={words.removeReaderText}
              disabled={remove.isPending}
              onClick={() => remove.mutate()}
            >
              {words.removeReader}
            </button>
          )}
          <button type="submit" class="primary" disabled={save.isPending}>
            {reader ? strings.common.save : words.makeReader}
          </button>
        </footer>
        {reader && <p class="note">{words.removeReaderText}</p>}
      </form>
    </Dialog>
  )
}
