import { Link } from 'wouter-preact'
import { type EmptyState, Nothing } from '../../parts/Resource'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'

const texts = strings.passes

export const READERS_EMPTY: EmptyState = {
  title: texts.readersEmptyTitle,
  text: texts.readersEmptyText,
  create: texts.makeFirstReader,
  curlLead: texts.emptyCurl,
  curl: {
    path: '/api/v1/entities/default/readers',
    body: { reader: { name: 'North gate', id: 'north-1', password: '…' } },
  },
}

/** The empty state of readers on another page: a link leads to where they are created. */
export function NoReaders() {
  const { mayWrite } = useSigned()
  const button = (label?: string) =>
    mayWrite && (
      <Link href="/passes/readers" class="button primary">
        {label}
      </Link>
    )
  return <Nothing {...READERS_EMPTY} button={button} />
}
