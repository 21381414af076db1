import { useMutation, useQuery, useQueryClient } from '@tanstack/preact-query'
import { answered, everflow } from '../../api/client'
import { Dialog } from '../../parts/Dialog'
import { useDraft } from '../../parts/draft'
import { Field, Select } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { ResourceCard } from '../../parts/Resource'
import { Problem } from '../../parts/States'
import { Conflicts } from '../../parts/Stale'
import type { Column } from '../../parts/Table'
import { strings } from '../../strings'
import type { Creative, Offer } from './queries'
import { Status } from './Status'

const texts = strings.offers
const STATUSES = ['active', 'inactive', 'deleted'].map(
  (one) => [one, texts.statuses[one] ?? one] as const,
)

const LABELS = {
  name: texts.name,
  resource_url: texts.address,
  width: texts.width,
  height: texts.height,
  creative_status: texts.status,
}

/** The banners and texts of an offer. */
export function Creatives(props: { offer: Offer }) {
  const id = props.offer.network_offer_id
  const creatives = useQuery({
    queryKey: ['creatives', id],
    queryFn: async () =>
      (
        await answered(
          everflow.GET('/v1/networks/creatives', {
            params: { query: { network_offer_id: id, page_size: 500 } },
          }),
        )
      ).creatives,
  })
  return (
    <ResourceCard
      title={texts.creatives}
      query={creatives}
      lines={3}
      rowKey={(row) => row.network_creative_id}
      useColumns={(_, onEdit) => columnsOf(onEdit)}
      form={{
        label: texts.makeCreative,
        render: (row, close) => <CreativeForm offer={id} creative={row} onClose={close} />,
      }}
      empty={texts.creativesEmpty}
    />
  )
}

function columnsOf(onEdit?: (creative: Creative) => void): Column<Creative>[] {
  return [
    {
      title: texts.name,
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
      title: texts.size,
      cell: (row) => (row.width && row.height ? `${row.width} × ${row.height}` : ''),
    },
    { title: texts.address, wideOnly: true, cell: (row) => row.resource_url },
    { title: texts.status, cell: (row) => <Status of={row.creative_status} /> },
    { title: texts.id, number: true, cell: (row) => row.network_creative_id },
  ]
}

function CreativeForm(props: { offer: number; creative: Creative | null; onClose: () => void }) {
  const { creative } = props
  const draft = useDraft({
    name: creative?.name ?? '',
    resource_url: creative?.resource_url ?? '',
    width: String(creative?.width || ''),
    height: String(creative?.height || ''),
    creative_status: creative?.creative_status ?? 'active',
  })
  const { values, set } = draft
  const queries = useQueryClient()
  const save = useMutation({
    mutationFn: async (): Promise<unknown> => {
      const body = bodyOf(creative ? draft.changed : values)
      if (!creative) {
        const created = { ...body, network_offer_id: props.offer, name: values.name.trim() }
        return answered(everflow.POST('/v1/networks/creatives', { body: created }))
      }
      if (Object.keys(body).length === 0) return null
      const path = { id: String(creative.network_creative_id) }
      return answered(everflow.PUT('/v1/networks/creatives/{id}', { params: { path }, body }))
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['creatives', props.offer] })
      props.onClose()
    },
  })
  return (
    <Dialog title={creative ? texts.change : texts.makeCreative} onClose={props.onClose}>
      <Form
        unsaved={draft.unsaved}
        onSubmit={() => {
          save.mutate()
        }}
      >
        <Field label={texts.name} required maxLength={200} value={values.name} onValue={(name) => set({ name })} />
        <Field
          label={texts.address}
          type="url"
          placeholder="https://"
          value={values.resource_url}
          onValue={(resource_url) => set({ resource_url })}
        />
        <div class="fields">
          <Field
            label={texts.width}
            type="number"
            min="0"
            value={values.width}
            onValue={(width) => set({ width })}
          />
          <Field
            label={texts.height}
            type="number"
            min="0"
            value={values.height}
            onValue={(height) => set({ height })}
          />
        </div>
        <Select
          label={texts.status}
          value={values.creative_status}
          options={STATUSES}
          onValue={(creative_status) => set({ creative_status })}
        />
        <Conflicts names={draft.conflicts.map((one) => LABELS[one])} />
        {save.error && <Problem error={save.error} />}
        <footer class="dialog-foot">
          <button type="submit" class="primary" disabled={save.isPending}>
            {strings.common.save}
          </button>
        </footer>
      </Form>
    </Dialog>
  )
}

function bodyOf(fields: Partial<Record<keyof typeof LABELS, string>>) {
  const { name, resource_url, width, height, creative_status } = fields
  return {
    ...(name !== undefined && { name: name.trim() }),
    ...(resource_url !== undefined && { resource_url: resource_url.trim() }),
    ...(width !== undefined && { width: Number(width) || 0 }),
    ...(height !== undefined && { height: Number(height) || 0 }),
    ...(creative_status !== undefined && { creative_status }),
  }
}
