/** Every text of the dashboard. Another language is another folder like this one. */
import { common, errors, range, session, verdicts, waterfall } from './common'
import { events } from './events'
import { mailings } from './mailings'
import { overview } from './overview'
import { programmes } from './programmes'
import { settings } from './settings'
import { trust } from './trust'

export const strings = {
  common,
  errors,
  events,
  mailings,
  overview,
  programmes,
  range,
  session,
  settings,
  trust,
  verdicts,
  waterfall,
}
