import { formatCount } from '../formats'

export const common = {
  product: 'Footfall',
  skip: 'Skip to the content',
  menu: 'Menu',
  close: 'Close',
  cancel: 'Cancel',
  save: 'Save',
  saved: 'Saved',
  remove: 'Delete',
  unsavedTitle: 'Leave without saving?',
  unsaved: 'What you changed here is not saved. If you leave, it is lost.',
  leave: 'Leave',
  stay: 'Stay',
  copy: 'Copy',
  copied: 'Copied',
  copyCurl: 'Copy as curl',
  inTerminal: 'In a terminal',
  putKeyIn: 'Put a key in',
  terminalKeyName: 'For a terminal',
  keyIsIn: 'With a key of yours that reads, writes and ingests events, for 30 days. You can revoke it earlier in the settings.',
  askForKey: '$KEY stands for an API key. An owner of the account creates one in the settings.',
  loading: 'Loading',
  retry: 'Try again',
  more: 'Show more',
  allOf: (count: number) => `Show all ${count}`,
  search: 'Search',
  time: 'Time',
  allColumns: 'All columns',
  typeNumber: (events: string) => `To confirm, type the number of events: ${events}`,
  mayOnlyRead: 'As a viewer you see everything and change nothing. An owner or editor of the account can do this.',
  asTable: 'As a table',
  asChart: 'As a chart',
  others: 'All others',
  unknown: 'Unknown',
  none: 'None',
  thanBefore: 'than in the period before, up to the same time',
  soFar: (time: string) => `${time}, so far`,
  unfinished: 'Dashed end: not over yet',
  signOut: 'Sign out',
  theme: 'Colours',
  themes: { system: 'As the system', light: 'Light', dark: 'Dark' } as Record<string, string>,
  back: 'Back',
  changedMeanwhile:
    'Somebody else changed this since you opened it, so nothing was saved. Load what there is now, look at it, and save again.',
  reload: 'Load it again',
  conflicts: (fields: string) =>
    `Somebody else changed this meanwhile: ${fields}. If you save, your text replaces theirs.`,
  inZone: (label: string, zone: string) => `${label} (${zone})`,
  notFound: 'There is nothing at this address.',
  toOverview: 'To the overview',
  nav: {
    overview: 'Overview',
    codes: 'Codes',
    trackers: 'Trackers',
    programmes: 'Programmes',
    mailings: 'Mailings',
    offers: 'Offers',
    passes: 'Passes',
    events: 'Events',
    trust: 'Trust',
    settings: 'Settings',
  },
}

export const errors = {
  unexpected: 'Something went wrong on this page. Reload it; if the error stays, report it to the developers.',
  title: 'This page cannot be shown',
  offline: 'You are offline. This page opens by itself when you are connected again.',
  pageUnreachable: 'This page cannot be loaded: the server does not answer.',
  pageMissing: 'This page cannot be loaded: its script is not on the server. Footfall may be in the middle of an upgrade.',
  unreachable:
    'The server does not answer. Nothing that was recorded is lost. If you were saving, try again without a change: nothing is created twice.',
  forbidden: (message: string) => `${message} Ask an owner of the account.`,
  tooMany: (message: string) => `${message}`,
  busy: (message: string) => `${message} Try again in a moment.`,
}

export const session = {
  signIn: 'Sign in',
  email: 'E-mail',
  password: 'Password',
  newPassword: 'New password',
  passwordHint: 'At least 10 characters. A sentence is easy to remember.',
  name: 'Name',
  first: 'The first time? The terminal in which Footfall runs printed a one-time link.',
  forgotten: 'Forgotten? Whoever runs the server creates a new link:',
  forgottenCommand: 'footfall members link you@example.org',
  welcome: 'Welcome',
  invited: (account: string, role: string, by: string | null) =>
    `You are invited to ${account} as ${role}${by === null ? '' : ` by ${by}`}.`,
  newPasswordFor: (account: string, by: string | null) =>
    `Choose a new password for ${account}.${by === null ? '' : ` ${by} made this link.`}`,
  firstOwner: (account: string) => `You become the first owner of ${account}.`,
  linkUntil: (moment: string) =>
    `Choose how you will sign in from now on. This link works once, until ${moment}.`,
  noToken: 'This link is not whole. Open it as it was printed, with all that follows the #.',
  start: 'Start',
  signedInAs: (name: string) => `Signed in as ${name}`,
  anotherTitle: 'You are signed in as somebody else',
  another: (email: string, account: string) =>
    `${email} (${account}) signed in on another page of this browser. What this page showed is closed, and changes that were not saved are gone.`,
  goOn: (email: string) => `Continue as ${email}`,
}

/** Of amounts that are typed. */
export const money = {
  number: 'This is not an amount. Write it like 1250.50.',
  ambiguous: (typed: string) =>
    `${typed} can be read in two ways. Write ${typed.replace(/[.,]/, '')}, or use a point and fewer decimals.`,
  digits: (currency: string, digits: number) =>
    digits === 0
      ? `${currency} has no digits after the decimal point.`
      : `${currency} has at most ${digits} digits after the decimal point.`,
  large: 'This amount is too large.',
}

/** Of what is shown as it is recorded. */
export const live = {
  connecting: 'Connecting…',
  open: 'Live',
  why: {
    unreachable: 'No connection to the server.',
    busy: 'The server is busy.',
    failing: 'The server cannot show events now.',
  },
  again: (seconds: number) => `Trying again in ${seconds} s.`,
}

export const range = {
  days: 'Days',
  zone: 'Time zone',
  offset: (offset: string) => `UTC${offset.replace('-', '−')}`,
  zoneAt: (zone: string, offset: string) => `${zone}, UTC${offset.replace('-', '−')}`,
  zones: (count: number) => `${count} time ${count === 1 ? 'zone' : 'zones'}`,
  noZone: 'No time zone matches. Type a city, a country, or an offset such as +05:30.',
  zonesMissing: 'The time zones could not be loaded. Open the list again to retry.',
  formerly: (name: string) => `formerly ${name}`,
  last: (days: number) =>
    days === 1 ? 'Today' : days === 365 ? 'Last 12 months' : `Last ${days} days`,
  pick: 'Pick days…',
  change: 'Change',
  first: 'First day',
  lastDay: 'Last day',
  wrong: 'The last day is before the first.',
  show: 'Show these days',
}

export const verdicts: Record<string, string> = {
  counted: 'Counted',
  bot: 'Bots',
  preview: 'Link previews',
  prefetch: 'Prefetched, not opened',
  machine_open: 'Opened by machines',
  duplicate: 'Duplicates',
  repeat: 'Repeat visits',
  internal: 'Internal visits',
  orphan: 'Unknown code',
  refused: 'Paused or locked',
}

export const waterfall = {
  why: 'why this many?',
  title: (of: string) => `Why this many ${of}`,
  received: 'Received',
  counted: 'Counted',
  interactions: 'Interactions: counted, and not sent',
  uniques: 'Unique visitors, estimated',
  recipients: 'Recipients, estimated',
  noReason: 'no reason kept',
  nothingTaken: 'Everything that was received counts.',
  source: (source: string, rows: number, lag: number) =>
    `From ${source}, ${formatCount(rows)} rows read, ${lag < 1 ? 'up to this second' : `${Math.ceil(lag)} s behind`}.`,
}
