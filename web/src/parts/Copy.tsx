import { Check, Copy } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { strings } from '../strings'

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
  return (
    <figure class="snippet">
      <figcaption>
        <span>{props.label ?? strings.common.inTerminal}</span>
        <CopyButton text={props.text} />
      </figcaption>
      <pre tabIndex={0}>
        <code>{props.text}</code>
      </pre>
    </figure>
  )
}
