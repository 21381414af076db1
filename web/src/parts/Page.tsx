import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { strings } from '../strings'

/** The frame of every page: one heading, what can be done here, and the content. */
export function Page(props: {
  title: string
  /** One sentence under the heading. */
  lead?: ComponentChildren
  actions?: ComponentChildren
  children: ComponentChildren
}) {
  useEffect(() => {
    document.title = `${props.title} · ${strings.common.product}`
    return () => {
      document.title = strings.common.product
    }
  }, [props.title])
  return (
    <>
      <header class="between page-head">
        <div>
          <h1>{props.title}</h1>
          {props.lead && <p class="lead">{props.lead}</p>}
        </div>
        {props.actions && <div class="row">{props.actions}</div>}
      </header>
      {props.children}
    </>
  )
}

/** A titled section. `span`: how many of the grid's twelve columns it takes on a wide screen. */
export function Card(props: {
  title?: ComponentChildren
  actions?: ComponentChildren
  span?: 3 | 4 | 6 | 8 | 9 | 12
  class?: string
  children: ComponentChildren
}) {
  const span = props.span ? ` span-${props.span}` : ''
  return (
    <section class={`card${span} ${props.class ?? ''}`}>
      {(props.title || props.actions) && (
        <header class="between card-head">
          {props.title && <h2>{props.title}</h2>}
          {props.actions}
        </header>
      )}
      {props.children}
    </section>
  )
}
