/** Every text of the dashboard. Another language is another folder like this one. */
import { analytics, codes } from './codes'
import { common, errors, live, money, range, session, verdicts, waterfall } from './common'
import { events } from './events'
import { mailings } from './mailings'
import { offers } from './offers'
import { overview } from './overview'
import { passes } from './passes'
import { programmes } from './programmes'
import { settings } from './settings'
import { trackers } from './trackers'
import { trust } from './trust'

export const strings = {
  analytics,
  codes,
  common,
  errors,
  events,
  live,
  mailings,
  money,
  offers,
  overview,
  passes,
  programmes,
  range,
  session,
  settings,
  trackers,
  trust,
  verdicts,
  waterfall,
}
