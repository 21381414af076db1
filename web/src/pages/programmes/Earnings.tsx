import { useMutation } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { answered, vantio } from '../../api/client'
import { formatMoment, formatMoney } from '../../formats'
import { FormDialog } from '../../parts/Dialog'
import { useDraft } from '../../parts/draft'
import { Field, Select } from '../../parts/Field'
import { ResourceCard } from '../../parts/Resource'
import { Problem } from '../../parts/States'
import type { Column } from '../../parts/Table'
import { useRange } from '../../state/range'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import {
  type Earning,
  type Program,
  useEarnings,
  useReferralNames,
  useRefresh,
} from './queries'

const texts = strings.programmes
/** Which status may follow. */
const MOVES: Record<string, string[]> = {
  pending: ['processing'],
  processing: ['paid', 'failed'],
  failed: ['processing'],
}
const TONES: Record<string, string> = { processing: 'warn', paid: 'good', failed: 'bad' }

function useMove() {
  const refresh = useRefresh()
  return useMutation({
    mutationFn: async ({ id, status }: { id: string; status: string }) => {
      const params = { path: { id } }
      await answered(vantio.PUT('/api/v1/earnings/{id}', { params, body: { status } }))
      await refresh()
    },
  })
}

export function Earnings(props: { program: Program }) {
  const { program } = props
  const [status, setStatus] = useState('')
  const [paying, setPaying] = useState<Earning | null>(null)
  const move = useMove()
  return (
    <ResourceCard
      title={texts.earnings}
      query={useEarnings(program.id, status)}
      lines={8}
      rowKey={(row) => row.id}
      useColumns={(rows) => useColumns(program.id, rows, move, setPaying)}
      stacks
      empty={{
        title: texts.earningsEmpty,
        text: texts.earningsEmptyText,
        curl: {
          path: '/api/v1/earnings',
          body: {
            referral_id: 'ref_…',
            amount: 1250,
            currency: program.currency,
            type: 'purchase',
          },
        },
        foot: <Link href={`/programmes/${program.id}?tab=referrals`}>{texts.toReferrals}</Link>,
      }}
      unmatched={status === '' ? undefined : { title: texts.earningsNone }}
      above={() => move.error && <Problem error={move.error} />}
      foot={<p class="note">{texts.oldestFirstInDays}</p>}
      actions={
        <Select
          label={texts.status}
          bare
          value={status}
          options={[['', texts.anyStatus], ...Object.entries(texts.earningStatuses)]}
          onValue={setStatus}
        />
      }
    >
      {paying && <PayForm earning={paying} onClose={() => setPaying(null)} />}
    </ResourceCard>
  )
}

function useColumns(
  program: string,
  rows: readonly Earning[],
  move: ReturnType<typeof useMove>,
  onPay: (earning: Earning) => void,
): Column<Earning>[] {
  const { mayWrite } = useSigned()
  const [{ zone }] = useRange()
  const names = useReferralNames(
    program,
    rows.map((row) => row.referral_id),
  )
  const nameFor = (row: Earning) => names.get(row.referral_id) ?? row.referral_id
  const actions = {
    title: texts.actions,
    cell: (row: Earning) => (
      <span class="row tight">
        {(MOVES[row.status] ?? []).map((status) => (
          <button
            key={status}
            type="button"
            class="small"
            disabled={move.isPending}
            aria-label={texts.moveOf(texts.earningMoves[status] ?? status, nameFor(row))}
            onClick={() =>
              status === 'paid' ? onPay(row) : move.mutate({ id: row.id, status })
            }
          >
            {texts.earningMoves[status]}
          </button>
        ))}
        {row.reference_id && <span class="note">{row.reference_id}</span>}
      </span>
    ),
  }
  return [
    {
      title: texts.forReferral,
      cell: (row) => (
        <>
          {nameFor(row)}
          <span class="under">{row.description || row.type || ''}</span>
        </>
      ),
    },
    {
      title: texts.amount,
      number: true,
      cell: (row) => formatMoney(row.amount, row.currency),
    },
    {
      title: texts.status,
      cell: (row) => (
        <span class={`badge ${TONES[row.status] ?? ''}`}>
          {texts.earningStatuses[row.status] ?? row.status}
        </span>
      ),
    },
    {
      title: texts.created,
      wideOnly: true,
      cell: (row) => formatMoment(row.created_at, zone),
    },
    ...(mayWrite ? [actions] : []),
  ]
}

/** The money moves elsewhere; its number is kept here. */
function PayForm(props: { earning: Earning; onClose: () => void }) {
  const { earning } = props
  const { values, set, unsaved } = useDraft({ reference: '' })
  const refresh = useRefresh()
  async function submit() {
    const params = { path: { id: earning.id } }
    const body = { status: 'paid', reference_id: values.reference || null }
    await answered(vantio.PUT('/api/v1/earnings/{id}', { params, body }))
    await refresh()
  }
  return (
    <FormDialog
      title={texts.payTitle(formatMoney(earning.amount, earning.currency))}
      action={texts.earningMoves['paid'] ?? ''}
      unsaved={unsaved}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <p>{texts.payLead}</p>
      <Field
        label={texts.reference}
        maxLength={255}
        value={values.reference}
        onValue={(reference) => set({ reference })}
      />
    </FormDialog>
  )
}
