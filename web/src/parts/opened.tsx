/** Parts of the dashboard whose scripts are fetched when they are opened. */
import type { ComponentType, JSX } from 'preact'
import { lazy } from 'preact/compat'

const RELOADED = 'footfall.reloaded'

/** A script could not be fetched: nobody answers, or the server does not have it (any more). */
export class ScriptMissing extends Error {
  constructor(readonly answered: boolean) {
    super('a script of the dashboard is missing')
  }
}

type Module<Props> = { default: ComponentType<Props> }

let attempts = 0

/** From now on what failed is fetched again where it is shown; with `reload` the page may be reloaded
 * for it once more. */
export function tryAgain(reload: boolean) {
  attempts += 1
  if (reload) sessionStorage.removeItem(RELOADED)
}

/** Like `lazy`, but a failure lasts until `tryAgain`. */
export function opened<Props extends object>(
  load: () => Promise<Module<Props>>,
): (props: Props) => JSX.Element {
  let failedAt: number | null = null
  const attempt = () =>
    lazy(() =>
      fetched(load).catch((error: unknown) => {
        failedAt = attempts
        throw error
      }),
    ) as ComponentType<Props>
  let Part = attempt()
  return (props) => {
    if (failedAt !== null && failedAt !== attempts) {
      failedAt = null
      Part = attempt()
    }
    return <Part {...props} />
  }
}

/** A page that was open while the server was upgraded names scripts that are gone: it is reloaded,
 * once for each build, so that a build without the script ends in words and not in a loop. */
async function fetched<Props>(load: () => Promise<Module<Props>>): Promise<Module<Props>> {
  try {
    return await load()
  } catch {
    if (!(await answers())) throw new ScriptMissing(false)
    const build = document.querySelector<HTMLScriptElement>('script[type=module]')?.src ?? ''
    if (sessionStorage.getItem(RELOADED) === build) throw new ScriptMissing(true)
    sessionStorage.setItem(RELOADED, build)
    location.reload()
    return new Promise(() => {})
  }
}

async function answers(): Promise<boolean> {
  try {
    return (await fetch(import.meta.env.BASE_URL, { cache: 'no-store' })).ok
  } catch {
    return false
  }
}
