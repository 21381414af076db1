import { useMutation } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { answered, vantio } from '../../api/client'
import { formatMoment } from '../../formats'
import { moneyField, readMoney } from '../../money'
import { FormDialog } from '../../parts/Dialog'
import { useDraft } from '../../parts/draft'
import { Field, Select } from '../../parts/Field'
import { MoneyField } from '../../parts/MoneyField'
import { ResourceCard } from '../../parts/Resource'
import { Problem } from '../../parts/States'
import type { Column } from '../../parts/Table'
import { useRange } from '../../state/range'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { nameOf, type Program, type Referral, useReferrals, useRefresh, useUserNames } from './queries'

const texts = strings.programmes
/** Which status may follow. */
const MOVES: Record<string, string[]> = {
  pending: ['converted', 'rejected'],
  converted: ['verified', 'rejected'],
}
const TONES: Record<string, string> = { converted: 'good', verified: 'good', rejected: 'bad' }

export function Referrals(props: { program: Program }) {
  const { program } = props
  const [status, setStatus] = useState('')
  const [paying, setPaying] = useState<Referral | null>(null)
  const move = useMove()
  return (
    <ResourceCard
      title={texts.referrals}
      query={useReferrals(program.id, status)}
      lines={8}
      rowKey={(row) => row.id}
      useColumns={() => useColumns(program.id, move, setPaying)}
      stacks
      empty={{
        title: texts.referralsEmpty,
        text: texts.referralsEmptyText,
        curl: {
          path: '/api/v1/referrals',
          body: {
            impression_id: 'imp_…',
            first_name: 'Ana',
            last_name: 'Diaz',
            email: 'ana@example.com',
          },
        },
      }}
      unmatched={status === '' ? undefined : { title: texts.referralsNone }}
      above={() => move.error && <Problem error={move.error} />}
      foot={<p class="note">{texts.oldestFirstInDays}</p>}
      actions={
        <Select
          label={texts.status}
          bare
          value={status}
          options={[['', texts.anyStatus], ...Object.entries(texts.referralStatuses)]}
          onValue={setStatus}
        />
      }
    >
      {paying && (
        <EarningForm program={program} referral={paying} onClose={() => setPaying(null)} />
      )}
    </ResourceCard>
  )
}

function useMove() {
  const refresh = useRefresh()
  return useMutation({
    mutationFn: async ({ id, status }: { id: string; status: string }) => {
      const params = { path: { id } }
      await answered(vantio.PUT('/api/v1/referrals/{id}', { params, body: { status } }))
      await refresh()
    },
  })
}

function useColumns(
  program: string,
  move: ReturnType<typeof useMove>,
  onPay: (referral: Referral) => void,
): Column<Referral>[] {
  const { mayWrite } = useSigned()
  const names = useUserNames(program)
  const [{ zone }] = useRange()
  const actions = {
    title: texts.actions,
    cell: (row: Referral) => (
      <span class="row tight">
        {(MOVES[row.status] ?? []).map((status) => (
          <button
            key={status}
            type="button"
            class="small"
            disabled={move.isPending}
            aria-label={texts.moveOf(texts.referralMoves[status] ?? status, nameOf(row))}
            onClick={() => move.mutate({ id: row.id, status })}
          >
            {texts.referralMoves[status]}
          </button>
        ))}
        {row.status !== 'rejected' && (
          <button
            type="button"
            class="quiet small"
            aria-label={texts.moveOf(texts.addEarning, nameOf(row))}
            onClick={() => onPay(row)}
          >
            {texts.addEarning}
          </button>
        )}
      </span>
    ),
  }
  return [
    {
      title: texts.person,
      cell: (row) => (
        <>
          {nameOf(row)}
          <span class="under">{row.email}</span>
        </>
      ),
    },
    {
      title: texts.status,
      cell: (row) => (
        <span class={`badge ${TONES[row.status] ?? ''}`}>
          {texts.referralStatuses[row.status] ?? row.status}
        </span>
      ),
    },
    {
      title: texts.ambassador,
      wideOnly: true,
      cell: (row) => names.get(row.student_id) ?? '–',
    },
    {
      title: texts.created,
      wideOnly: true,
      cell: (row) => formatMoment(row.created_at, zone),
    },
    ...(mayWrite ? [actions] : []),
  ]
}

function EarningForm(props: { program: Program; referral: Referral; onClose: () => void }) {
  const { currency, commission } = props.program
  const usual = commission.type === 'flat' && commission.amount > 0 ? commission.amount : null
  const filled = usual === null ? '' : moneyField(usual, currency)
  const { values, set, unsaved } = useDraft({ amount: filled, type: '' })
  const { amount, type } = values
  const refresh = useRefresh()
  const read = readMoney(amount, currency)
  const typed = 'value' in read ? read.value : 0
  const minor = usual !== null && amount === filled ? usual : typed
  async function submit() {
    const body = { referral_id: props.referral.id, amount: minor, currency, type: type || null }
    await answered(vantio.POST('/api/v1/earnings', { body }))
    await refresh()
  }
  return (
    <FormDialog
      title={texts.addEarningTitle(nameOf(props.referral))}
      action={texts.addEarning}
      disabled={minor < 1}
      unsaved={unsaved}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <MoneyField
        label={`${texts.amount} (${currency})`}
        required
        currency={currency}
        value={amount}
        onValue={(amount) => set({ amount })}
      />
      <Field
        label={texts.type}
        hint={texts.typeHint}
        value={type}
        onValue={(type) => set({ type })}
      />
    </FormDialog>
  )
}
