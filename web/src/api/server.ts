/** Where the server is. Its public URL may have a path, which the server puts into the page. */
const named = globalThis.document?.querySelector<HTMLMetaElement>('meta[name="public-path"]')

export const publicPath = named?.content ?? ''
export const server = globalThis.location?.origin + publicPath

/** The address of a path of the APIs. */
export function urlOf(path: string): URL {
  return new URL(server + path)
}
