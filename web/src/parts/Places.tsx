import { Link, useLocation } from 'wouter-preact'

/** The pages that belong together, as tabs: each has an address of its own. */
export function Places(props: { name: string; places: readonly (readonly [string, string])[] }) {
  const [path] = useLocation()
  return (
    <nav class="tabs spaced" aria-label={props.name}>
      {props.places.map(([place, name]) => (
        <Link key={place} href={place} aria-current={path === place ? 'page' : undefined}>
          {name}
        </Link>
      ))}
    </nav>
  )
}
