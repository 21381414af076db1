import { answered, vantio } from '../../api/client'
import { moneyField, percentField, readMoney, readPercent } from '../../money'
import { FormDialog } from '../../parts/Dialog'
import { useDraft } from '../../parts/draft'
import { Field, Select } from '../../parts/Field'
import { amountProblem, MoneyField } from '../../parts/MoneyField'
import { Conflicts } from '../../parts/Stale'
import { strings } from '../../strings'
import { type Program, useRefresh } from './queries'

const texts = strings.programmes
const SCHEDULES = ['weekly', 'biweekly', 'monthly', 'manual']

type Commission = Program['commission']

const LABELS: Record<keyof Fields, string> = {
  name: texts.name,
  landing_url: texts.landing,
  description: texts.description,
  currency: texts.currency,
  payout_schedule: texts.schedule,
  type: texts.commission,
  amount: texts.amount,
  percent: texts.percent,
}

interface Fields {
  name: string
  landing_url: string
  description: string
  currency: string
  payout_schedule: string
  type: Commission['type']
  amount: string
  percent: string
}

function fieldsOf(program: Program | undefined): Fields {
  const commission = program?.commission
  const currency = program?.currency ?? 'EUR'
  return {
    name: program?.name ?? '',
    landing_url: program?.landing_url ?? '',
    description: program?.description ?? '',
    currency,
    payout_schedule: program?.payout_schedule ?? 'manual',
    type: commission?.type ?? 'flat',
    amount: commission?.type === 'flat' ? moneyField(commission.amount, currency) : '',
    percent: commission?.type === 'percent' ? percentField(commission.percent) : '',
  }
}

/** The commission of a form; null where it is by steps and stays, undefined for what cannot be read. */
function commissionOf(fields: Fields): Commission | null | undefined {
  if (fields.type === 'flat') {
    if (fields.amount.trim() === '') return { type: 'flat', amount: 0 }
    const read = readMoney(fields.amount, fields.currency)
    return 'value' in read ? { type: 'flat', amount: read.value } : undefined
  }
  if (fields.type !== 'percent') return null
  const read = readPercent(fields.percent)
  return 'value' in read ? { type: 'percent', percent: Number(read.value) } : undefined
}

/** An amount is of a currency: they go together. What nobody touched is neither read nor sent. */
function changesCommission(changed: Partial<Fields>): boolean {
  return ['type', 'amount', 'percent', 'currency'].some((one) => one in changed)
}

/** What is sent of these fields. */
function bodyOf(fields: Fields, changed: Partial<Fields>) {
  const commission = changesCommission(changed) ? commissionOf(fields) : null
  const { name, landing_url, description, payout_schedule, currency } = changed
  return {
    ...(name !== undefined && { name }),
    ...(landing_url !== undefined && { landing_url }),
    ...(description !== undefined && { description: description || null }),
    ...(payout_schedule !== undefined && { payout_schedule }),
    ...(currency !== undefined && { currency: currency.toUpperCase() }),
    ...(commission ? { commission } : {}),
  }
}

/** Makes a programme, or changes one. */
export function ProgrammeForm(props: {
  program?: Program
  onClose: () => void
  onCreated?: (id: string) => void
}) {
  const { program } = props
  const draft = useDraft(fieldsOf(program))
  const refresh = useRefresh()
  const { values, changed, set } = draft
  const known = /^[A-Za-z]{3}$/.test(values.currency)
  const sends = program === undefined || changesCommission(changed)
  async function submit() {
    if (program) {
      const params = { path: { id: program.id } }
      const body = bodyOf(values, changed)
      if (Object.keys(body).length > 0)
        await answered(vantio.PUT('/api/v1/programs/{id}', { params, body }))
      await refresh()
      return
    }
    const { name, landing_url } = values
    const body = { ...bodyOf(values, values), name, landing_url }
    const created = await answered(vantio.POST('/api/v1/programs', { body }))
    await refresh()
    draft.settle()
    props.onCreated?.(created.id)
  }
  return (
    <FormDialog
      title={program ? texts.editTitle : texts.makeTitle}
      action={program ? strings.common.save : texts.create}
      disabled={!known || (sends && commissionOf(values) === undefined)}
      unsaved={draft.unsaved}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <Field
        label={texts.name}
        required
        maxLength={200}
        value={values.name}
        onValue={(name) => set({ name })}
      />
      <Field
        label={texts.landing}
        type="url"
        required
        placeholder="https://"
        hint={texts.landingHint}
        value={values.landing_url}
        onValue={(landing_url) => set({ landing_url })}
      />
      <Field
        label={texts.description}
        maxLength={2000}
        value={values.description}
        onValue={(description) => set({ description })}
      />
      <Money values={values} set={set} tiered={program?.commission.type === 'tiered'} />
      <Conflicts names={draft.conflicts.map((one) => LABELS[one])} />
    </FormDialog>
  )
}

function percentProblem(typed: string): string | undefined {
  if (typed.trim() === '') return undefined
  const read = readPercent(typed)
  return 'problem' in read ? amountProblem(read.problem, typed, '') : undefined
}

function Money(props: {
  values: Fields
  set: (changed: Partial<Fields>) => void
  tiered: boolean
}) {
  const { values, set } = props
  const types = ['flat', 'percent', ...(props.tiered ? ['tiered'] : [])]
  return (
    <div class="fields">
      <Select
        label={texts.commission}
        value={values.type}
        options={types.map((type) => [type, texts.commissions[type] ?? type] as const)}
        onValue={(type) => set({ type: type as Commission['type'] })}
      />
      {values.type === 'flat' && (
        <MoneyField
          label={texts.amount}
          currency={values.currency}
          value={values.amount}
          onValue={(amount) => set({ amount })}
        />
      )}
      {values.type === 'percent' && (
        <Field
          label={texts.percent}
          inputMode="decimal"
          required
          value={values.percent}
          onValue={(percent) => set({ percent })}
          error={percentProblem(values.percent)}
        />
      )}
      <Field
        label={texts.currency}
        required
        pattern="[A-Za-z]{3}"
        hint={texts.currencyHint}
        value={values.currency}
        onValue={(currency) => set({ currency })}
      />
      <Select
        label={texts.schedule}
        value={values.payout_schedule}
        options={SCHEDULES.map((name) => [name, texts.schedules[name] ?? name] as const)}
        onValue={(payout_schedule) => set({ payout_schedule })}
      />
    </div>
  )
}
