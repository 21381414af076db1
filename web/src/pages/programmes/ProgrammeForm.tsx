import { useState } from 'preact/hooks'
import { answered, vantio } from '../../api/client'
import { moneyField, parseMoney } from '../../formats'
import { FormDialog } from '../../parts/Dialog'
import { Field, Select } from '../../parts/Field'
import { strings } from '../../strings'
import { type Program, useRefresh } from './questions'

const texts = strings.programmes
const SCHEDULES = ['weekly', 'biweekly', 'monthly', 'manual']

type Commission = Program['commission']

interface Draft {
  name: string
  landing_url: string
  description: string
  currency: string
  payout_schedule: string
  type: Commission['type']
  amount: string
  percent: string
}

function draftOf(program: Program | undefined): Draft {
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
    percent: commission?.type === 'percent' ? String(commission.percent) : '',
  }
}

function amountOf(draft: Draft): number {
  const known = /^[A-Za-z]{3}$/.test(draft.currency)
  return draft.amount === '' ? 0 : known ? parseMoney(draft.amount, draft.currency) : NaN
}

/** What is sent; a commission by steps stays as it is. */
function bodyOf(draft: Draft) {
  const { name, landing_url, description, payout_schedule } = draft
  const commission: Commission | null =
    draft.type === 'flat'
      ? { type: 'flat', amount: amountOf(draft) }
      : draft.type === 'percent'
        ? { type: 'percent', percent: Number(draft.percent.replace(',', '.')) }
        : null
  return {
    name,
    landing_url,
    description: description || null,
    payout_schedule,
    currency: draft.currency.toUpperCase(),
    ...(commission ? { commission } : {}),
  }
}

/** Makes a programme, or changes one. */
export function ProgrammeForm(props: {
  program?: Program
  onClose: () => void
  onMade?: (id: string) => void
}) {
  const { program } = props
  const [draft, setDraft] = useState(() => draftOf(program))
  const refresh = useRefresh()
  const set = (changed: Partial<Draft>) => setDraft({ ...draft, ...changed })
  const wrong = draft.type === 'flat' && Number.isNaN(amountOf(draft))
  async function submit() {
    const body = bodyOf(draft)
    const kept = program
      ? await answered(
          vantio.PUT('/api/v1/programs/{id}', { params: { path: { id: program.id } }, body }),
        )
      : await answered(vantio.POST('/api/v1/programs', { body }))
    await refresh()
    if (!program) props.onMade?.(kept.id)
  }
  return (
    <FormDialog
      title={program ? texts.editTitle : texts.makeTitle}
      action={program ? strings.common.save : texts.create}
      disabled={wrong}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <Field
        label={texts.name}
        required
        maxLength={200}
        value={draft.name}
        onValue={(name) => set({ name })}
      />
      <Field
        label={texts.landing}
        type="url"
        required
        placeholder="https://"
        hint={texts.landingHint}
        value={draft.landing_url}
        onValue={(landing_url) => set({ landing_url })}
      />
      <Field
        label={texts.description}
        maxLength={2000}
        value={draft.description}
        onValue={(description) => set({ description })}
      />
      <Money draft={draft} set={set} wrong={wrong} tiered={program?.commission.type === 'tiered'} />
    </FormDialog>
  )
}

function Money(props: {
  draft: Draft
  set: (changed: Partial<Draft>) => void
  wrong: boolean
  tiered: boolean
}) {
  const { draft, set } = props
  const types = ['flat', 'percent', ...(props.tiered ? ['tiered'] : [])]
  return (
    <div class="fields">
      <Select
        label={texts.commission}
        value={draft.type}
        options={types.map((type) => [type, texts.commissions[type] ?? type] as const)}
        onValue={(type) => set({ type: type as Commission['type'] })}
      />
      {draft.type === 'flat' && (
        <Field
          label={texts.amount}
          inputMode="decimal"
          placeholder="0"
          value={draft.amount}
          onValue={(amount) => set({ amount })}
          error={props.wrong ? texts.wrongAmount : undefined}
        />
      )}
      {draft.type === 'percent' && (
        <Field
          label={texts.percent}
          inputMode="decimal"
          required
          pattern="\d+([.,]\d+)?"
          value={draft.percent}
          onValue={(percent) => set({ percent })}
        />
      )}
      <Field
        label={texts.currency}
        required
        pattern="[A-Za-z]{3}"
        hint={texts.currencyHint}
        value={draft.currency}
        onValue={(currency) => set({ currency })}
      />
      <Select
        label={texts.schedule}
        value={draft.payout_schedule}
        options={SCHEDULES.map((name) => [name, texts.schedules[name] ?? name] as const)}
        onValue={(payout_schedule) => set({ payout_schedule })}
      />
    </div>
  )
}
