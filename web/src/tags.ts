/** Tags in one line of text: between commas, and in quotes where a tag has a comma or a quote itself. */

export function writeTags(tags: readonly string[]): string {
  return tags
    .map((tag) => (/[",]/.test(tag) ? `"${tag.replaceAll('"', '""')}"` : tag))
    .join(', ')
}

/** Each tag once; null when a quote has no end, or text beside it. */
export function readTags(text: string): string[] | null {
  const one = /\s*(?:"((?:[^"]|"")*)"|([^",]*))\s*(?:,|$)/y
  const tags: string[] = []
  while (one.lastIndex < text.length) {
    const found = one.exec(text)
    if (found === null) return null
    tags.push((found[1]?.replaceAll('""', '"') ?? found[2] ?? '').trim())
  }
  return [...new Set(tags.filter(Boolean))]
}
