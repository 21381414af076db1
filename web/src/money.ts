/** Amounts as people type them: read exactly, or not at all. Nobody's money is guessed. */

/** Why typed text is no amount: it is no number, it may be two different ones, it has more digits after
 * the point than the currency, or it is too large to be exact. */
export type Problem = 'number' | 'ambiguous' | 'digits' | 'large'
export type Read<Value> = { value: Value } | { problem: Problem }

const SEPARATORS = /[ \u00a0\u2009\u202f'’.,]/

/** A number as `1250.5`: digits, groups of three between `1 000`, `1'000`, `1,000,000` or `1.000,50`, and
 * one decimal point or comma. One point or comma before exactly three digits may be either: `1,000`. With
 * `pointIsDecimal` a point there is a decimal point: `1.250` of a currency with three digits. */
function readDecimal(text: string, pointIsDecimal: boolean): Read<string> {
  const typed = text.trim()
  const marks = typed.match(/[.,]/g) ?? []
  const last = marks.at(-1) ?? ''
  const once = marks.filter((mark) => mark === last).length === 1
  const isDecimal = last !== '' && once
  const at = isDecimal ? typed.lastIndexOf(last) : typed.length
  const [whole, fraction] = [typed.slice(0, at), typed.slice(at + 1)]
  if (!/^\d*$/.test(fraction) || (isDecimal && fraction === '')) return { problem: 'number' }
  const grouping = marks.length === 1 && /^[1-9]\d{0,2}$/.test(whole) && fraction.length === 3
  if (grouping && !(pointIsDecimal && last === '.')) return { problem: 'ambiguous' }
  const digits = ungrouped(whole)
  if (digits === null || (digits === '' && !isDecimal)) return { problem: 'number' }
  const plain = digits.replace(/^0+(?=\d)/, '') || '0'
  return { value: isDecimal ? `${plain}.${fraction}` : plain }
}

/** The digits of a whole number, without what stands between groups of three; null for what is none. */
function ungrouped(text: string): string | null {
  if (/^\d*$/.test(text)) return text
  const separators = new Set(text.replace(/\d/g, ''))
  const groups = text.split(SEPARATORS)
  const [first = '', ...others] = groups
  const grouped = /^[1-9]\d{0,2}$/.test(first) && others.every((one) => /^\d{3}$/.test(one))
  return grouped && separators.size === 1 ? groups.join('') : null
}

/** A percentage as `7.125`. No percentage reaches a thousand, so nothing stands between groups. */
export function readPercent(text: string): Read<string> {
  const [, whole, fraction] = /^(\d*)(?:[.,](\d+))?$/.exec(text.trim()) ?? []
  if (whole === undefined || (whole === '' && fraction === undefined)) return { problem: 'number' }
  const plain = whole.replace(/^0+(?=\d)/, '') || '0'
  return { value: fraction === undefined ? plain : `${plain}.${fraction}` }
}

/** The amount in the currency's smallest unit: `12.50` and EUR as 1250. */
export function readMoney(text: string, currency: string): Read<number> {
  const digits = digitsOf(currency)
  const read = readDecimal(text, digits === 3)
  if ('problem' in read) return read
  const [whole = '0', fraction = ''] = read.value.split('.')
  if (fraction.length > digits) return { problem: 'digits' }
  const amount = Number(whole + fraction.padEnd(digits, '0'))
  return Number.isSafeInteger(amount) ? { value: amount } : { problem: 'large' }
}

/** What a field for money holds: 1250 and EUR as 12.50. */
export function moneyField(amount: number, currency: string): string {
  const digits = digitsOf(currency)
  const text = String(Math.abs(amount)).padStart(digits + 1, '0')
  const whole = text.slice(0, text.length - digits)
  return `${amount < 0 ? '-' : ''}${whole}${digits > 0 ? `.${text.slice(-digits)}` : ''}`
}

/** What a field for a percentage holds: 7.125 as 7.125, and 1e-7 as 0.0000001. */
export function percentField(percent: number): string {
  return percent.toLocaleString('en', { useGrouping: false, maximumFractionDigits: 20 })
}

/** How many digits of a currency stand after the point (ISO 4217); two of what is no currency. */
export function digitsOf(currency: string): number {
  try {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency })
    return format.resolvedOptions().maximumFractionDigits ?? 2
  } catch {
    return 2
  }
}
