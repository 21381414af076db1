/** Every text of the dashboard. Another language is another folder like this one. */
import { common, errors, range, session, verdicts, waterfall } from './common'
import { overview } from './overview'
import { trust } from './trust'

export const strings = { common, errors, overview, range, session, trust, verdicts, waterfall }
