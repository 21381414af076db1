// Strict types of every request and answer, from the OpenAPI documents in openapi/ that
// `make dashboard` has the server print.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import openapi, { astToString } from 'openapi-typescript'

const documents = new URL('openapi/', import.meta.url)
const types = new URL('src/api/types/', import.meta.url)
await mkdir(types, { recursive: true })
for (const name of await readdir(documents)) {
  const document = JSON.parse(await readFile(new URL(name, documents), 'utf8'))
  // Copernica's has each path four times, once a version: the newest is enough here.
  if (name === 'copernica.json')
    document.paths = Object.fromEntries(
      Object.entries(document.paths).filter(([path]) => path.startsWith('/v4/')),
    )
  const text = astToString(await openapi(document, { defaultNonNullable: false }))
  await writeFile(new URL(name.replace('.json', '.ts'), types), text)
}
