import { formatCount } from '../formats'

export const trust = {
  title: 'Trust',
  lead: 'Whether every event that was answered is there, how long it is kept, and what was erased.',
  views: { books: 'Books', retention: 'Retention', policies: 'What counts', erasure: 'Erasure', archives: 'Archives' },

  // books
  balanced: 'The books balance',
  unbalanced: 'The books do not balance',
  balancedNote: 'Everything that was answered is journalled, stored and counted.',
  unbalancedNote:
    'Stop the server and run footfall verify: it names each finding and says how to repair it.',
  verify: 'footfall verify --data ./data',
  freshness: 'Waiting to be stored',
  freshNote: (seconds: number | null) =>
    seconds === null ? 'nothing waits' : `the oldest for ${Math.ceil(seconds)} s`,
  unrecorded: 'Answered, not recorded',
  unrecordedNote: 'the journal could not take them',
  stored: 'Stored',
  storedNote: 'in these days',
  missing: 'Missing',
  missingNote: 'given to the store and not in it',
  checked: 'Wrong counts',
  checkedNote: (until: string) => `every count was held against events up to ${until}`,
  notChecked: 'not yet: the check runs in the background',
  byHour: 'By source and hour',
  byDay: 'By source and day',
  whatDiffers: 'What differs',
  differing: (differing: number, all: number) =>
    `${formatCount(differing)} of ${formatCount(all)} rows do not balance`,
  noneDiffers: (all: number) =>
    all === 1 ? 'The only row balances.' : `All ${formatCount(all)} rows balance.`,
  allRows: (all: number) => (all === 1 ? 'Show the row' : `Show all ${formatCount(all)} rows`),
  noRows: 'Nothing was received in these days.',
  gaps: 'Gaps in the journal',
  gapsNote: 'These commits never entered the event store.',
  columns: {
    hour: 'Received',
    source: 'Source',
    answered: 'Answered',
    journalled: 'Journalled',
    stored: 'Stored',
    waiting: 'Waiting',
    removed: 'Removed',
    unrecorded: 'Unrecorded',
    missing: 'Missing',
    state: 'State',
  },
  fine: 'balanced',
  off: 'look here',
  answeredSince: (moment: string) =>
    `“Answered” is counted since the server was started, ${moment}. A dash: not known of that hour.`,

  // retention
  retention: 'How long events are kept',
  retentionLead:
    'Raw events are deleted after so many days, counts after so many months. Empty means never. A rule for one source overrides the rule for all.',
  allSources: 'All sources',
  rawDays: 'Days of raw events',
  ageBy: 'Counted since events',
  ages: { received_at: 'were received here', occurred_at: 'happened' },
  receivedBefore: (moment: string) => `received before ${moment}`,
  happenedBefore: (moment: string) => `happened before ${moment}`,
  rollupMonths: 'Months of counts',
  addRule: 'A rule for',
  removeRule: 'Remove the rule',
  preview: 'Preview deletion',
  previewTitle: 'What would be deleted',
  previewNothing: 'Nothing would be deleted now.',
  previewColumns: { rule: 'Rule', before: 'What is deleted', events: 'Events', bytes: 'Disk', counts: 'Rows of counts' },
  apply: 'Apply retention rules',
  applyNote: 'It begins within a minute, and cannot be undone.',
  applied: 'The rules are in force.',
  ownersOnly: 'Only owners may see and change this.',

  // erasure
  erasure: 'Erase events',
  erasureLead:
    'Events are deleted from the store, its counts, the journal, exports and archives. You get a report that proves it without keeping what you entered.',
  by: 'By',
  byOptions: {
    reference: 'Person or resource',
    ip: 'Address or network',
    tracker: 'Tracker',
    events: 'Event ids',
  } as Record<string, string>,
  column: 'Which resource',
  value: 'Its value',
  address: 'Address',
  addressHint: '203.0.113.7, or a network such as 203.0.113.0/24',
  trackerId: 'The tracker’s number',
  eventIds: 'Ids of events, one a line',
  survey: 'Preview deletion',
  surveyed: (events: number) =>
    events === 0
      ? 'No event matches. Nothing would be deleted.'
      : `${formatCount(events)} events would be deleted.`,
  confirm: (events: number) => `Erase ${formatCount(events)} events for ever`,
  started: 'The erasure is written down, and survives a restart.',
  salt: 'Keep this: with it you can prove later what the report is about. It is shown only once.',
  receipts: 'Deletion log',
  noReceipts: 'Nothing was erased, expired or archived yet.',
  receipt: 'Deletion report',
  receiptColumns: { when: 'When', kind: 'Kind', about: 'About', events: 'Events', step: 'State', freed: 'Freed' },
  freedLater: 'when it is done',
  freedUnknown: 'not known',
  kinds: {
    erasure: 'Erasure',
    retention: 'Retention',
    archive: 'Archive',
    trackers: 'Deleted trackers',
  } as Record<string, string>,
  steps: {
    queued: 'Waiting',
    surveyed: 'Written down',
    removed: 'Deleted, disk space being freed',
    done: 'Done',
    failed: 'Failed',
  } as Record<string, string>,

  // archives
  archives: 'Months as Parquet files',
  archivesLead:
    'Read them with DuckDB or pandas, without Footfall. Reports read archived months too.',
  archiveBefore: 'Every whole month before',
  archiveMonths: 'Months in which events',
  archiveRunning: 'The server writes the files …',
  archiveDone: (events: number) =>
    events === 0 ? 'The files are written.' : `The files are written, and ${formatCount(events)} raw events removed.`,
  archiveRemove: 'Delete the raw events of archived months; counts stay',
  archiveRemoveTitle: 'Delete raw events?',
  archiveRemoveText: (before: string) =>
    `The raw events of every whole month before ${before} are deleted once their files are written. Counts stay. This cannot be undone.`,
  archiveRemoveNow: 'Write the files and delete',
  archive: 'Write the files',
  noArchives: 'No month is archived yet.',
  archiveColumns: { month: 'Month', rows: 'Events', bytes: 'Size', removed: 'Raw events', hash: 'SHA-256' },
  rawRemoved: 'in the file only',
  rawKept: 'in both',

  policies: {
    make: 'Change what counts',
    lead: 'A library’s list says which software is a bot. Add your own words, free others from it, name your own networks. See on what is stored what would change, then apply it.',
    bots: 'Is a bot',
    botsHint: 'Texts in a user agent, one a line. Case does not matter.',
    notBots: 'Is never a bot',
    notBotsHint: 'Goes before every list.',
    internal: 'Own networks',
    internalHint: 'Such as 203.0.113.0/24. Empty: those of the server’s settings.',
    preview: 'See what would change',
    changed: (changed: number, classified: number) =>
      `${formatCount(changed)} of ${formatCount(classified)} events would count differently.`,
    unknown: (count: number) =>
      `Of ${formatCount(count)} more too little was kept to classify them again.`,
    kept: (count: number) =>
      `${formatCount(count)} stay as they are: archived, or beside deleted events.`,
    changes: 'What would change',
    changeColumns: { day: 'Day', from: 'From', to: 'To', events: 'Events' },
    omitted: (count: number) => `And ${formatCount(count)} more changes.`,
    note: 'Why (a note for later)',
    apply: 'Apply to new and stored events',
    applyNote: 'Reports under the previous policy remain available.',
    versions: 'Policies',
    list: (list: string) => `The installed list: ${list}.`,
    versionColumns: {
      number: 'Number',
      state: 'State',
      rules: 'Own rules',
      note: 'Note',
      applied: 'Applied',
      changed: 'Events changed',
    },
    states: {
      made: 'Created, not applied',
      applying: 'Being applied',
      in_effect: 'In effect',
      replaced: 'Replaced',
    } as Record<string, string>,
    rules: (bots: number, notBots: number, networks: number | null) =>
      bots + notBots + (networks ?? 0) === 0
        ? 'none'
        : `${bots} bots, ${notBots} never, ${networks ?? 0} networks`,
  },
}
