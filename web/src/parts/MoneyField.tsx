import { formatMoney } from '../formats'
import { digitsOf, moneyField, type Problem, readMoney } from '../money'
import { strings } from '../strings'
import { Field } from './Field'

/** An amount that is typed: how it is read stands below, where it was typed another way. */
export function MoneyField(props: {
  label: string
  currency: string
  value: string
  onValue: (value: string) => void
  required?: boolean
}) {
  const { currency, value, ...field } = props
  const known = /^[A-Za-z]{3}$/.test(currency)
  const read = known && value.trim() !== '' ? readMoney(value, currency) : null
  const problem = read && 'problem' in read ? read.problem : null
  const other = read && 'value' in read && moneyField(read.value, currency) !== value.trim()
  return (
    <Field
      {...field}
      inputMode="decimal"
      value={value}
      error={problem ? amountProblem(problem, value, currency) : undefined}
      hint={other ? formatMoney(read.value, currency) : undefined}
    />
  )
}

export function amountProblem(problem: Problem, typed: string, currency: string): string {
  const texts = strings.money
  if (problem === 'digits') return texts.digits(currency.toUpperCase(), digitsOf(currency))
  if (problem === 'ambiguous') return texts.ambiguous(typed.trim())
  return texts[problem]
}
