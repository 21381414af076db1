import { Check, Copy, KeyRound } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { useSigned } from '../state/session'
import { PLACE, useTerminalKey } from '../state/terminal'
import { strings } from '../strings'
import { Problem } from './States'

/** Puts text on the clipboard, and says so. */
export function CopyButton(props: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false)
  const label = props.label ?? strings.common.copy
  async function copy() {
    await navigator.clipboard.writeText(props.text)
    setCopied(true)
    setTimeout(() => setCopied(false), 2000)
  }
  return (
    <button type="button" class="quiet small" onClick={copy}>
      {copied ? <Check size={14} aria-hidden="true" /> : <Copy size={14} aria-hidden="true" />}
      <span aria-live="polite">{copied ? strings.common.copied : label}</span>
    </button>
  )
}

/** A command or text to take along. */
export function Snippet(props: { text: string; label?: string }) {
  return props.text.includes(PLACE) ? <Command {...props} /> : <Shown {...props} />
}

/** A command that needs a key: an owner has one put in, and then it works as it stands. */
function Command(props: { text: string; label?: string }) {
  const { mayAdmin } = useSigned()
  const { secret, make } = useTerminalKey()
  if (secret) {
    const text = props.text.replaceAll(PLACE, secret)
    return <Shown text={text} label={props.label} note={strings.common.keyIsIn} />
  }
  return (
    <Shown {...props} note={mayAdmin ? undefined : strings.common.askForKey}>
      {mayAdmin && (
        <button type="button" class="quiet small" disabled={make.isPending} onClick={() => make.mutate()}>
          <KeyRound size={14} aria-hidden="true" />
          {strings.common.putKeyIn}
        </button>
      )}
      {make.error && <Problem error={make.error} />}
    </Shown>
  )
}

function Shown(props: {
  text: string
  label?: string | undefined
  note?: string | undefined
  children?: ComponentChildren
}) {
  return (
    <figure class="snippet">
      <figcaption>
        <span>{props.label ?? strings.common.inTerminal}</span>
        <span class="row">
          {props.children}
          <CopyButton text={props.text} />
        </span>
      </figcaption>
      <pre tabIndex={0}>
        <code>{props.text}</code>
      </pre>
      {props.note && <p class="note">{props.note}</p>}
    </figure>
  )
}
