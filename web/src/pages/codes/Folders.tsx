import { useMutation, useQueryClient } from '@tanstack/preact-query'
import { Trash2 } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { answered, openqr } from '../../api/client'
import { Confirm } from '../../parts/Confirm'
import { Dialog } from '../../parts/Dialog'
import { useDraft } from '../../parts/draft'
import { Field } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { Answer, Problem } from '../../parts/States'
import { strings } from '../../strings'
import { useFolders } from './queries'

const texts = strings.codes.folders

type Doing = { add: string } | { id: string; rename: string } | { id: string; remove: true }

async function perform(doing: Doing): Promise<void> {
  if ('add' in doing) await answered(openqr.POST('/v1/folders', { body: { name: doing.add } }))
  else if ('rename' in doing)
    await answered(
      openqr.PATCH('/v1/folders/{id}', {
        params: { path: { id: doing.id } },
        body: { name: doing.rename },
      }),
    )
  else await answered(openqr.DELETE('/v1/folders/{id}', { params: { path: { id: doing.id } } }))
}

/** Folders are made, renamed and deleted here; codes are put into them on their own pages. */
export function Folders(props: { onClose: () => void }) {
  const folders = useFolders()
  const queries = useQueryClient()
  const { values, set, settle, unsaved } = useDraft({ name: '' })
  const name = values.name.trim()
  const act = useMutation({
    mutationFn: perform,
    onSuccess: (_, doing) => {
      if ('add' in doing) settle()
      for (const key of ['folders', 'codes', 'code'])
        void queries.invalidateQueries({ queryKey: [key] })
    },
  })
  return (
    <Dialog title={texts.title} onClose={props.onClose}>
      <p class="note">{texts.lead}</p>
      {act.error && <Problem error={act.error} />}
      <Answer of={folders}>
        {(answer) => (
          <div class="stack">
            {answer.folders.map((one) => (
              <FolderRow key={one.id} id={one.id} name={one.name} onDo={(doing) => act.mutate(doing)} />
            ))}
          </div>
        )}
      </Answer>
      <Form
        class="inline-form"
        unsaved={unsaved}
        onSubmit={() => {
          if (name) act.mutate({ add: name })
        }}
      >
        <Field
          label={texts.name}
          value={values.name}
          onValue={(name) => set({ name })}
          maxLength={80}
        />
        <button type="submit" disabled={act.isPending || !name}>
          {texts.add}
        </button>
      </Form>
    </Dialog>
  )
}

function FolderRow(props: { id: string; name: string; onDo: (doing: Doing) => void }) {
  const { values, set, unsaved } = useDraft({ name: props.name })
  const [removing, setRemoving] = useState(false)
  const name = values.name.trim()
  return (
    <Form
      class="inline-form"
      unsaved={unsaved}
      onSubmit={() => {
        if (name) props.onDo({ id: props.id, rename: name })
      }}
    >
      <div class="field">
        <input
          aria-label={texts.rename(props.name)}
          value={values.name}
          maxLength={80}
          onInput={(event) => set({ name: event.currentTarget.value })}
        />
      </div>
      {name !== props.name && <button type="submit">{texts.renameIt}</button>}
      <button
        type="button"
        class="quiet icon"
        aria-label={texts.remove(props.name)}
        onClick={() => setRemoving(true)}
      >
        <Trash2 size={16} aria-hidden="true" />
      </button>
      {removing && (
        <Confirm
          title={texts.remove(props.name)}
          text={texts.lead}
          action={strings.common.remove}
          danger
          busy={false}
          onConfirm={() => {
            setRemoving(false)
            props.onDo({ id: props.id, remove: true })
          }}
          onClose={() => setRemoving(false)}
        />
      )}
    </Form>
  )
}
