import { useId, useLayoutEffect, useState } from 'preact/hooks'
import { Field, Select } from '../../parts/Field'
import { strings } from '../../strings'
import { asHex, type Look } from './drawing'
import { readLogo, TooLarge } from './logo'
import type { Theme } from './queries'

const texts = strings.codes.design

/** Everything that can be chosen about a symbol. */
export function LookFields(props: {
  look: Look
  onLook: (look: Look) => void
  themes: Theme[]
  theme: string
  onTheme: (id: string) => void
}) {
  const { look, onLook } = props
  return (
    <div class="stack">
      <Select
        label={texts.theme}
        value={props.theme}
        options={[['', texts.plain], ...props.themes.map((one) => [one.id, one.name] as const)]}
        onValue={props.onTheme}
      />
      <div class="fields pairs">
        <Colour
          label={texts.dark}
          value={look.dark}
          onValue={(dark) => onLook({ ...look, dark })}
        />
        <Colour
          label={texts.light}
          value={look.light}
          onValue={(light) => onLook({ ...look, light })}
        />
      </div>
      <Field
        label={texts.margin}
        type="number"
        min={0}
        max={16}
        hint={texts.marginHint}
        value={String(look.margin)}
        onValue={(typed) =>
          onLook({ ...look, margin: Math.min(16, Math.max(0, Math.round(Number(typed)))) })
        }
      />
      <Select
        label={texts.error}
        value={look.error}
        options={texts.errors}
        onValue={(error) => onLook({ ...look, error })}
      />
      <Logo value={look.logo} onValue={(logo) => onLook({ ...look, logo })} />
    </div>
  )
}

function Colour(props: { label: string; value: string; onValue: (value: string) => void }) {
  const [typed, setTyped] = useState(props.value)
  const id = useId()
  useLayoutEffect(() => setTyped(props.value), [props.value])
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <div class="colour">
        <input
          id={id}
          type="color"
          value={props.value}
          onInput={(event) => props.onValue(event.currentTarget.value)}
        />
        <input
          type="text"
          aria-label={texts.hexOf(props.label)}
          aria-invalid={asHex(typed) === null ? 'true' : undefined}
          value={typed}
          maxLength={7}
          spellcheck={false}
          onInput={(event) => {
            const text = event.currentTarget.value
            setTyped(text)
            const colour = asHex(text)
            if (colour && text.replace('#', '').length === 6) props.onValue(colour)
          }}
          onBlur={() => {
            const colour = asHex(typed)
            if (colour) props.onValue(colour)
            else setTyped(props.value)
          }}
        />
      </div>
    </div>
  )
}

function Logo(props: { value: string; onValue: (value: string) => void }) {
  const [problem, setProblem] = useState('')
  const id = useId()
  async function read(file: File) {
    setProblem('')
    try {
      props.onValue(await readLogo(file))
    } catch (error) {
      setProblem(error instanceof TooLarge ? texts.logoLarge : texts.logoBroken)
    }
  }
  return (
    <div class="field">
      <label for={id}>{texts.logo}</label>
      <div class="row">
        <input
          id={id}
          type="file"
          accept="image/*"
          aria-describedby={`${id}-note`}
          onChange={(event) => {
            const [file] = event.currentTarget.files ?? []
            if (file) void read(file)
          }}
        />
        {props.value && (
          <>
            <img class="logo" src={props.value} alt="" />
            <button type="button" class="small" onClick={() => props.onValue('')}>
              {texts.removeLogo}
            </button>
          </>
        )}
      </div>
      <p id={`${id}-note`} class={problem ? 'note error' : 'note'}>
        {problem || texts.logoHint}
      </p>
    </div>
  )
}
