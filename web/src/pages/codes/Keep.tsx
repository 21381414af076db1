import { useMutation, useQueryClient } from '@tanstack/preact-query'
import { useLayoutEffect, useState } from 'preact/hooks'
import { answered, openqr } from '../../api/client'
import { Dialog } from '../../parts/Dialog'
import { Field } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { Problem } from '../../parts/States'
import { strings } from '../../strings'
import { type Look, lookOf, PLAIN, styleOf } from './drawing'
import { type Code, type Theme, useChange } from './queries'

const texts = strings.codes.design

async function keep(theme: Theme | undefined, name: string, look: Look): Promise<string> {
  // A client's own additions to the style stay.
  const style = { ...theme?.style, ...styleOf(look), ...(look.logo ? {} : { logo: undefined }) } as never
  const call = theme
    ? openqr.PATCH('/v1/themes/{id}', { params: { path: { id: theme.id } }, body: { style } })
    : openqr.POST('/v1/themes', { body: { name, style } })
  return (await answered(call as Promise<{ data?: { id: string }; response: Response }>)).id
}

/** What was designed becomes a theme, and the code's. */
export function Keep(props: {
  code: Code
  themes: Theme[]
  theme: string
  look: Look
  onTheme: (id: string) => void
  onKept: (id: string) => void
}) {
  const { code, themes, look } = props
  const begun = themes.find((one) => one.id === props.theme)
  const [name, setName] = useState('')
  useLayoutEffect(() => setName(begun?.name ?? ''), [begun?.name])
  const [removing, setRemoving] = useState(false)
  const queries = useQueryClient()
  const change = useChange(code.id)
  const save = useMutation({
    mutationFn: async () => {
      const same = themes.find((one) => one.name === name.trim())
      const id = await keep(same, name.trim(), look)
      await queries.refetchQueries({ queryKey: ['themes'] })
      // The symbols of all its codes are drawn again.
      for (const key of ['code', 'codes']) void queries.invalidateQueries({ queryKey: [key] })
      await change.mutateAsync({ theme: id })
      return id
    },
    onSuccess: props.onKept,
  })
  const remove = useMutation({
    mutationFn: (id: string) =>
      answered(openqr.DELETE('/v1/themes/{id}', { params: { path: { id } } })),
    onSuccess: async () => {
      props.onTheme('')
      for (const key of ['themes', 'code', 'codes'])
        void queries.invalidateQueries({ queryKey: [key] })
    },
  })
  const kept = JSON.stringify(look) === JSON.stringify(begun ? lookOf(begun.style) : PLAIN)
  const plain = JSON.stringify(look) === JSON.stringify(PLAIN)
  return (
    <Form
      class="stack"
      unsaved={() => !kept || name !== (begun?.name ?? '') || props.theme !== (code.theme ?? '')}
      onSubmit={() => {
        save.mutate()
      }}
    >
      <Field
        label={texts.name}
        value={name}
        onValue={setName}
        required
        maxLength={80}
        hint={texts.nameHint}
      />
      {(save.error ?? remove.error ?? change.error) && (
        <Problem error={save.error ?? remove.error ?? change.error} />
      )}
      <div class="row">
        <button type="submit" class="primary" disabled={save.isPending}>
          {texts.save}
        </button>
        {plain && code.theme !== null && (
          <button type="button" onClick={() => change.mutate({ theme: null })}>
            {texts.usePlain}
          </button>
        )}
        {begun && (
          <button
            type="button"
            class="quiet"
            onClick={() => setRemoving(true)}
          >
            {texts.removeTheme(begun.name)}
          </button>
        )}
      </div>
      {removing && begun && (
        <Dialog title={texts.removeTheme(begun.name)} onClose={() => setRemoving(false)}>
          <p>{texts.removeThemeLead}</p>
          <footer class="dialog-foot">
            <button type="button" class="danger" onClick={() => remove.mutate(begun.id)}>
              {strings.common.remove}
            </button>
          </footer>
        </Dialog>
      )}
      <p role="status" class="note">
        {change.isSuccess && kept ? texts.saved : ''}
      </p>
    </Form>
  )
}
