import { useMutation, useQueryClient } from '@tanstack/preact-query'
import { answered, everflow } from '../../api/client'
import { Dialog } from '../../parts/Dialog'
import { useDraft } from '../../parts/draft'
import { Field, Select, TextArea } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { RangePicker } from '../../parts/RangePicker'
import { ResourcePage } from '../../parts/Resource'
import { Problem } from '../../parts/States'
import { Conflicts } from '../../parts/Stale'
import type { Column } from '../../parts/Table'
import { strings } from '../../strings'
import { type Affiliate, clickRateOf, clickRateText, useAffiliates, useCounts } from './queries'
import { OfferTabs } from './OfferTabs'
import { LoadedCount } from './LoadedCount'
import { Status } from './Status'

const texts = strings.offers
const LABELS = {
  name: texts.name,
  account_status: texts.status,
  internal_notes: texts.notes,
}

export default function Affiliates() {
  return (
    <ResourcePage
      title={texts.affiliates}
      lead={texts.affiliatesLead}
      tabs={<OfferTabs />}
      query={useAffiliates()}
      lines={8}
      rowKey={(row) => row.network_affiliate_id}
      useColumns={useColumns}
      form={{
        label: texts.makeAffiliate,
        render: (row, close) => <AffiliateForm affiliate={row} onClose={close} />,
      }}
      empty={{
        title: texts.affiliatesEmptyTitle,
        text: texts.affiliatesEmptyText,
        create: texts.makeAffiliate,
        curlLead: texts.emptyCurl,
        curl: {
          path: '/v1/networks/affiliates',
          header: 'X-Eflow-API-Key',
          body: { name: 'Daily Deals' },
        },
      }}
      actions={<RangePicker />}
    />
  )
}

function useColumns(
  _: readonly Affiliate[],
  onEdit?: (affiliate: Affiliate) => void,
): Column<Affiliate>[] {
  const counts = useCounts('affiliate')
  const of = (row: Affiliate) => counts(row.network_affiliate_id)
  const filters = (row: Affiliate, kind: string) => ({
    affiliate: String(row.network_affiliate_id),
    kind,
  })
  return [
    {
      title: texts.affiliate,
      sort: (row) => row.name,
      cell: (row) =>
        onEdit ? (
          <button type="button" class="link" onClick={() => onEdit(row)}>
            {row.name}
          </button>
        ) : (
          row.name
        ),
    },
    {
      title: texts.status,
      wideOnly: true,
      sort: (row) => row.account_status,
      cell: (row) => <Status of={row.account_status} />,
    },
    {
      title: texts.impressions,
      number: true,
      sort: (row) => of(row)?.impressions ?? 0,
      cell: (row) => (
        <LoadedCount
          value={of(row)?.impressions}
          filters={filters(row, 'impression')}
          of={texts.ofImpressions}
        />
      ),
    },
    {
      title: texts.clicks,
      number: true,
      sort: (row) => of(row)?.clicks ?? 0,
      cell: (row) => (
        <LoadedCount value={of(row)?.clicks} filters={filters(row, 'click')} of={texts.ofClicks} />
      ),
    },
    {
      title: texts.rate,
      number: true,
      wideOnly: true,
      sort: (row) => clickRateOf(of(row)) ?? 0,
      cell: (row) => clickRateText(of(row)),
    },
  ]
}

function AffiliateForm(props: { affiliate: Affiliate | null; onClose: () => void }) {
  const { affiliate } = props
  const draft = useDraft({
    name: affiliate?.name ?? '',
    account_status: affiliate?.account_status ?? 'active',
    internal_notes: affiliate?.internal_notes ?? '',
  })
  const { values, changed, set } = draft
  const queries = useQueryClient()
  const save = useMutation({
    mutationFn: async (): Promise<unknown> => {
      if (!affiliate) {
        const body = { ...values, name: values.name.trim() }
        return answered(everflow.POST('/v1/networks/affiliates', { body }))
      }
      if (Object.keys(changed).length === 0) return null
      const path = { id: String(affiliate.network_affiliate_id) }
      const body = {
        ...changed,
        ...(changed.name !== undefined && { name: changed.name.trim() }),
      }
      return answered(everflow.PUT('/v1/networks/affiliates/{id}', { params: { path }, body }))
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['affiliates'] })
      props.onClose()
    },
  })
  return (
    <Dialog
      title={affiliate ? texts.changeAffiliate : texts.makeAffiliate}
      onClose={props.onClose}
    >
      <Form
        unsaved={draft.unsaved}
        onSubmit={() => {
          save.mutate()
        }}
      >
        <Field label={texts.name} required maxLength={200} value={values.name} onValue={(name) => set({ name })} />
        <Select
          label={texts.status}
          value={values.account_status}
          options={['active', 'inactive', 'pending', 'suspended'].map((one) => [
            one,
            texts.statuses[one] ?? one,
          ])}
          onValue={(account_status) => set({ account_status })}
        />
        <TextArea
          label={texts.notes}
          value={values.internal_notes}
          rows={3}
          onValue={(internal_notes) => set({ internal_notes })}
        />
        <Conflicts names={draft.conflicts.map((one) => LABELS[one])} />
        {save.error && <Problem error={save.error} />}
        <footer class="dialog-foot">
          <button type="submit" class="primary" disabled={save.isPending}>
            {affiliate ? strings.common.save : texts.makeAffiliate}
          </button>
        </footer>
      </Form>
    </Dialog>
  )
}
