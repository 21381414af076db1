import { useMutation, useQueryClient } from '@tanstack/preact-query'
import { answered, everflow } from '../../api/client'
import { Dialog } from '../../parts/Dialog'
import { useDraft } from '../../parts/draft'
import { Field, Select } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { Conflicts } from '../../parts/Stale'
import { Problem } from '../../parts/States'
import { strings } from '../../strings'
import { type Offer, type OfferRequest, useAdvertisers } from './queries'

const texts = strings.offers
const NEW = 'new'
const LABELS = {
  name: texts.name,
  destination_url: texts.destination,
  offer_status: texts.status,
  advertiser: texts.advertiser,
}

/** Makes an offer, or changes one. */
export function OfferForm(props: {
  offer?: Offer
  onClose: () => void
  onSaved?: (offer: Offer) => void
}) {
  const { offer } = props
  const draft = useDraft({
    name: offer?.name ?? '',
    destination_url: offer?.destination_url ?? '',
    offer_status: offer?.offer_status ?? 'active',
    advertiser: offer ? String(offer.network_advertiser_id) : '',
  })
  const { values, set } = draft
  const advertiser = useDraft({ name: '' })
  const advertisers = useAdvertisers().data ?? []
  // Without advertisers there is nothing to pick from: the first one is named here.
  const picked = values.advertiser || String(advertisers[0]?.network_advertiser_id ?? NEW)
  const save = useSave({
    ...props,
    fields: offer ? draft.changed : { ...values, advertiser: picked },
    advertiserName: advertiser.values.name.trim(),
    onAdvertiser: (id) => set({ advertiser: id }),
    settle: () => {
      draft.settle()
      advertiser.settle()
    },
  })
  return (
    <Dialog title={offer ? texts.change : texts.make} onClose={props.onClose}>
      <Form
        unsaved={() => draft.unsaved() || advertiser.unsaved()}
        onSubmit={() => {
          save.mutate()
        }}
      >
        <Field label={texts.name} required maxLength={200} value={values.name} onValue={(name) => set({ name })} />
        <Field
          label={texts.destination}
          type="url"
          required
          placeholder="https://"
          value={values.destination_url}
          onValue={(destination_url) => set({ destination_url })}
          hint={texts.destinationHint}
        />
        <Select
          label={texts.advertiser}
          value={picked}
          options={[
            ...advertisers.map((one) => [String(one.network_advertiser_id), one.name] as const),
            [NEW, texts.newAdvertiser],
          ]}
          onValue={(id) => set({ advertiser: id })}
        />
        {picked === NEW && (
          <Field
            label={texts.advertiserName}
            required
            maxLength={200}
            value={advertiser.values.name}
            onValue={(name) => advertiser.set({ name })}
          />
        )}
        {offer && (
          <StatusField
            value={values.offer_status}
            onValue={(offer_status) => set({ offer_status })}
          />
        )}
        <Conflicts names={draft.conflicts.map((one) => LABELS[one])} />
        {save.error && <Problem error={save.error} />}
        <footer class="dialog-foot">
          <button type="submit" class="primary" disabled={save.isPending}>
            {offer ? strings.common.save : texts.make}
          </button>
        </footer>
      </Form>
    </Dialog>
  )
}

function StatusField(props: { value: string; onValue: (status: string) => void }) {
  const options = ['active', 'paused', 'pending', 'deleted'].map(
    (one) => [one, texts.statuses[one] ?? one] as const,
  )
  return (
    <>
      <Select label={texts.status} options={options} {...props} />
      <p class="note">{texts.statusHint}</p>
    </>
  )
}

function useSave(form: {
  offer?: Offer
  /** What is sent: all of a new offer, of another what was changed. `advertiser` is an id, or NEW for the
   * one of that name. */
  fields: Partial<Record<keyof typeof LABELS, string>>
  advertiserName: string
  onAdvertiser: (id: string) => void
  settle: () => void
  onClose: () => void
  onSaved?: (offer: Offer) => void
}) {
  const { offer } = form
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async () => {
      const { name, destination_url, offer_status, advertiser } = form.fields
      const body = {
        ...(name !== undefined && { name: name.trim() }),
        ...(destination_url !== undefined && { destination_url: destination_url.trim() }),
        ...(offer_status !== undefined && { offer_status }),
        ...(advertiser !== undefined && {
          network_advertiser_id: await advertiserOf(advertiser),
        }),
      }
      if (!offer)
        return answered(everflow.POST('/v1/networks/offers', { body: body as OfferRequest }))
      if (Object.keys(body).length === 0) return offer
      const path = { id: String(offer.network_offer_id) }
      return answered(everflow.PUT('/v1/networks/offers/{id}', { params: { path }, body }))
    },
    onSuccess: async (saved) => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: ['offers'] }),
        queries.invalidateQueries({ queryKey: ['offer', saved.network_offer_id] }),
      ])
      form.settle()
      form.onClose()
      form.onSaved?.(saved)
    },
  })

  async function advertiserOf(picked: string): Promise<number> {
    if (picked !== NEW) return Number(picked)
    const created = await makeAdvertiser(form.advertiserName)
    // If the offer is refused, the advertiser is there for the next attempt.
    await queries.invalidateQueries({ queryKey: ['advertisers'] })
    form.onAdvertiser(String(created))
    return created
  }
}

async function makeAdvertiser(name: string): Promise<number> {
  const created = await answered(everflow.POST('/v1/networks/advertisers', { body: { name } }))
  return created.network_advertiser_id
}
