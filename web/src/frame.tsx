import {
  ChartLine,
  Footprints,
  LogOut,
  Mail,
  Menu,
  Megaphone,
  QrCode,
  Radio,
  ScrollText,
  Settings,
  ShieldCheck,
  Tag,
  Ticket,
} from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useContext, useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { Select } from './parts/Field'
import { PlaceCredit } from './parts/PlaceData'
import { GuardContext } from './state/edits'
import { useSigned } from './state/session'
import { strings } from './strings'
import { applyTheme, currentTheme, type Theme } from './theme'

const PLACES = [
  ['/', strings.common.nav.overview, ChartLine],
  ['/codes', strings.common.nav.codes, QrCode],
  ['/trackers', strings.common.nav.trackers, Radio],
  ['/programmes', strings.common.nav.programmes, Megaphone],
  ['/mailings', strings.common.nav.mailings, Mail],
  ['/offers', strings.common.nav.offers, Tag],
  ['/passes', strings.common.nav.passes, Ticket],
  ['/events', strings.common.nav.events, ScrollText],
  ['/trust', strings.common.nav.trust, ShieldCheck],
  ['/settings', strings.common.nav.settings, Settings],
] as const

/** What stands around every page: where one can go, and who one is. */
export function Frame(props: { children: ComponentChildren }) {
  const [open, setOpen] = useState(false)
  const [path] = useLocation()
  const { session, leave } = useSigned()
  const guard = useContext(GuardContext)
  const [theme, setTheme] = useState(currentTheme())
  return (
    <div class="frame">
      <a class="skip" href="#content">
        {strings.common.skip}
      </a>
      <aside class={open ? 'side open' : 'side'}>
        <div class="brand">
          <Footprints size={20} aria-hidden="true" />
          <span>{strings.common.product}</span>
          <button
            type="button"
            class="quiet icon menu"
            aria-expanded={open}
            aria-label={strings.common.menu}
            onClick={() => setOpen(!open)}
          >
            <Menu size={20} aria-hidden="true" />
          </button>
        </div>
        <nav aria-label={strings.common.menu}>
          {PLACES.map(([place, name, Icon]) => (
            <Link
              key={place}
              href={place}
              aria-current={isHere(path, place) ? 'page' : undefined}
              onClick={() => setOpen(false)}
            >
              <Icon size={18} aria-hidden="true" />
              {name}
            </Link>
          ))}
        </nav>
        <footer>
          <p title={session.member.email}>
            <b>{session.account.name}</b>
            <br />
            {session.member.name || session.member.email}
          </p>
          <Select
            label={strings.common.theme}
            bare
            value={theme}
            options={Object.entries(strings.common.themes)}
            onValue={(picked) => {
              setTheme(picked as Theme)
              applyTheme(picked as Theme)
            }}
          />
          <button type="button" class="quiet" onClick={() => guard.leave(guard.edits, leave)}>
            <LogOut size={16} aria-hidden="true" /> {strings.common.signOut}
          </button>
          <PlaceCredit />
        </footer>
      </aside>
      <main id="content" tabIndex={-1}>
        {props.children}
      </main>
    </div>
  )
}

function isHere(path: string, place: string): boolean {
  return place === '/' ? path === '/' : path === place || path.startsWith(`${place}/`)
}
