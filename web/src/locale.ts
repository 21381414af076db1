/** The locale (BCP 47) in which a page writes numbers, dates and the names of countries. It is always of
 * the page's own language, so that a page has one. A reader whose browser speaks that language has its
 * regional conventions; any other reader has those of Great Britain, where the day stands before a
 * month that is written out, with the 12 or 24 hours that the reader is used to. */
export function localeOf(page: string, reader: string): string {
  try {
    if (new Intl.Locale(reader).language === new Intl.Locale(page).language) return reader
    const clock = new Intl.DateTimeFormat(reader, { hour: 'numeric' }).resolvedOptions().hourCycle
    return `${page}-GB-u-hc-${clock === 'h11' || clock === 'h12' ? 'h12' : 'h23'}`
  } catch {
    // Chromium gives names such as en-US@posix where the system has no language.
    return `${page}-GB`
  }
}
