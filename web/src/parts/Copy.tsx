import { Check, Copy, KeyRound } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { server } from '../api/server'
import { type Call, curl } from '../shell'
import { useSigned } from '../state/session'
import { useTerminalKey } from '../state/terminal'
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

/** The same question for a terminal. */
export function CopyCurl(props: { call: Call }) {
  return <CopyButton label={strings.common.copyCurl} text={curl(props.call, server)} />
}

/** A command that needs a key: an owner has one put in, and then it works as it stands. */
export function Command(props: { call: Call }) {
  const { mayAdmin } = useSigned()
  const { secret, make } = useTerminalKey()
  const text = curl(props.call, server, secret)
  if (secret) return <Snippet text={text} note={strings.common.keyIsIn} />
  return (
    <Snippet text={text} note={mayAdmin ? undefined : strings.common.askForKey}>
      {mayAdmin && (
        <button type="button" class="quiet small" disabled={make.isPending} onClick={() => make.mutate()}>
          <KeyRound size={14} aria-hidden="true" />
          {strings.common.putKeyIn}
        </button>
      )}
      {make.error && <Problem error={make.error} />}
    </Snippet>
  )
}

/** Text to take along, exactly as it stands. */
export function Snippet(props: {
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
