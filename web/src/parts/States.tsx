/** What stands where data would be: while it comes, when there is none, when something failed. */
import type { ComponentChildren } from 'preact'
import { Refused } from '../api/client'
import { strings } from '../strings'

/** `lines`: about as high as what will come, so that nothing jumps. */
export function Loading(props: { lines?: number }) {
  return (
    <div class="loading" role="status" aria-label={strings.common.loading}>
      {Array.from({ length: props.lines ?? 3 }, (_, line) => (
        <span key={line} />
      ))}
    </div>
  )
}

/** Nothing yet: says how to make the first. */
export function Empty(props: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h3>{props.title}</h3>
      {props.children}
    </div>
  )
}

/** In words that say what to do next. */
export function problemText(error: unknown): string {
  if (!(error instanceof Refused)) return strings.errors.unexpected
  if (error.code === 'unreachable') return strings.errors.unreachable
  if (error.status === 403) return strings.errors.forbidden(error.message)
  if (error.status === 429) return strings.errors.tooMany(error.message)
  if (error.status === 503) return strings.errors.busy(error.message)
  return error.message
}

export function Problem(props: { error: unknown; retry?: () => void }) {
  return <Notice text={problemText(props.error)} {...(props.retry ? { retry: props.retry } : {})} />
}

/** What went wrong, and a button to try again. */
export function Notice(props: { text: string; retry?: () => void }) {
  return (
    <div class="between problem" role="alert">
      <p>{props.text}</p>
      {props.retry && (
        <button type="button" class="small" onClick={props.retry}>
          {strings.common.retry}
        </button>
      )}
    </div>
  )
}

interface Request<Data> {
  data: Data | undefined
  error: unknown
  isPending: boolean
  refetch: () => unknown
}

/** An answer in its three states: `<Answer of={query}>{(data) => …}</Answer>`. */
export function Answer<Data>(props: {
  of: Request<Data>
  lines?: number
  children: (data: NonNullable<Data>) => ComponentChildren
}) {
  const { data, error, refetch } = props.of
  if (data !== undefined && data !== null) return <>{props.children(data)}</>
  if (error) return <Problem error={error} retry={() => void refetch()} />
  return <Loading lines={props.lines ?? 3} />
}
