/** Every text of the dashboard. Another language is another folder like this one. */
import { analytics, codes } from './codes'
import { common, errors, range, session, verdicts, waterfall } from './common'
import { events } from './events'
import { overview } from './overview'
import { settings } from './settings'
import { trackers } from './trackers'
import { trust } from './trust'

export const strings = {
  analytics,
  codes,
  common,
  errors,
  events,
  overview,
  range,
  session,
  settings,
  trackers,
  trust,
  verdicts,
  waterfall,
}
