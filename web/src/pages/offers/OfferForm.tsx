import { useMutation, useQueryClient } from '@tanstack/preact-query'
import { answered, everflow } from '../../api/client'
import { Dialog } from '../../parts/Dialog'
import { useDraft } from '../../parts/draft'
import { Field, Select } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { Conflicts } from '../../parts/Stale'
import { Problem } from '../../parts/States'
import { strings } from '../../strings'
import { type Offer, type OfferRequest, useAdvertisers } from './resources'

const words = strings.offers
const NEW = 'new'
const LABELS = {
  name: words.name,
  destination_url: words.destination,
  offer_status: words.status,
  advertiser: words.advertiser,
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
    <Dialog title={offer ? words.change : words.make} onClose={props.onClose}>
      <Form
        unsaved={() => draft.unsaved() || advertiser.unsaved()}
        onSubmit={() => {
          save.mutate()
        }}
      >
        <Field label={words.name} required maxLength={200} value={values.name} onValue={(name) => set({ name })} />
        <Field
          label={words.destination}
          type="url"
          required
          placeholder="https://"
          value={values.destination_url}
          onValue={(destination_url) => set({ destination_url })}
          hint={words.destinationHint}
        />
        <Select
          label={words.advertiser}
          value={picked}
          options={[
            ...advertisers.map((one) => [String(one.network_advertiser_id), one.name] as const),
            [NEW, words.newAdvertiser],
          ]}
          onValue={(id) => set({ advertiser: id })}
        />
        {picked === NEW && (
          <Field
            label={words.advertiserName}
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
            {offer ? strings.common.save : words.make}
          </button>
        </footer>
      </Form>
    </Dialog>
  )
}

function StatusField(props: { value: string; onValue: (status: string) => void }) {
  const options = ['active', 'paused', 'pending', 'deleted'].map(
    (one) => [one, words.statuses[one] ?? one] as const,
  )
  return (
    <>
      <Select label={words.status} options={options} {...props} />
      <p class="note">{words.statusHint}</p>
    </>
  )
}

function useSave(asked: {
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
  const { offer } = asked
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async () => {
      const { name, destination_url, offer_status, advertiser } = asked.fields
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
      asked.settle()
      asked.onClose()
      asked.onSaved?.(saved)
    },
  })

  async function advertiserOf(picked: string): Promise<number> {
    if (picked !== NEW) return Number(picked)
    const made = await makeAdvertiser(asked.advertiserName)
    // If the offer is refused, the advertiser is there for the next attempt.
    await queries.invalidateQueries({ queryKey: ['advertisers'] })
    asked.onAdvertiser(String(made))
    return made
  }
}

async function makeAdvertiser(name: string): Promise<number> {
  const made = await answered(everflow.POST('/v1/networks/advertisers', { body: { name } }))
  return made.network_advertiser_id
}
