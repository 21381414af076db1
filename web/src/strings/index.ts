/** Every text of the dashboard. Another language is another folder like this one. */
import { common, errors, range, session, verdicts, waterfall } from './common'
import { events } from './events'
import { offers } from './offers'
import { overview } from './overview'
import { passes } from './passes'
import { settings } from './settings'
import { trust } from './trust'

export const strings = {
  common,
  errors,
  events,
  offers,
  overview,
  passes,
  range,
  session,
  settings,
  trust,
  verdicts,
  waterfall,
}
