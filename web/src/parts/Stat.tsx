import type { ComponentChildren } from 'preact'
import { formatChange } from '../formats'
import { strings } from '../strings'

/** One number with its name, and how it changed against the window before. */
export function Stat(props: {
  name: string
  children: ComponentChildren
  /** The number, and what it was before: for the change. */
  value?: number
  before?: number | undefined
  note?: string | undefined
  /** What the number means, shown when its name is pointed at. */
  about?: string | undefined
}) {
  const { value, before } = props
  const changed = value !== undefined && before ? (value - before) / before : null
  return (
    <div class="stat">
      <span class="name" title={props.about}>
        {props.name}
        {props.about && <span class="unseen">: {props.about}</span>}
      </span>
      <span class="value">{props.children}</span>
      {changed !== null && (
        <span class={changed < 0 ? 'change down' : 'change up'}>
          {formatChange(changed)} <span class="unseen">{strings.common.thanBefore}</span>
        </span>
      )}
      {props.note && <span class="note">{props.note}</span>}
    </div>
  )
}
