import { useMutation, useQueryClient } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { answered, everflow } from '../../api/client'
import { Dialog } from '../../parts/Dialog'
import { Field, Select } from '../../parts/Field'
import { Problem } from '../../parts/States'
import { strings } from '../../strings'
import { type Offer, useAdvertisers } from './nouns'

const words = strings.offers
const NEW = 'new'

/** Makes an offer, or changes one. */
export function OfferForm(props: {
  offer?: Offer
  onClose: () => void
  onSaved?: (offer: Offer) => void
}) {
  const { offer } = props
  const [name, setName] = useState(offer?.name ?? '')
  const [destination, setDestination] = useState(offer?.destination_url ?? '')
  const [status, setStatus] = useState(offer?.offer_status ?? 'active')
  const [advertiser, setAdvertiser] = useState(offer ? String(offer.network_advertiser_id) : '')
  const [advertiserName, setAdvertiserName] = useState('')
  const advertisers = useAdvertisers().data ?? []
  // Without advertisers there is nothing to pick from: the first one is named here.
  const picked = advertiser || String(advertisers[0]?.network_advertiser_id ?? NEW)
  const save = useSave({
    ...props,
    fields: { name: name.trim(), destination_url: destination.trim(), offer_status: status },
    advertiser: picked,
    advertiserName: advertiserName.trim(),
    onAdvertiser: setAdvertiser,
  })
  return (
    <Dialog title={offer ? words.change : words.make} onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <Field label={words.name} required maxLength={200} value={name} onValue={setName} />
        <Field
          label={words.destination}
          type="url"
          required
          placeholder="https://"
          value={destination}
          onValue={setDestination}
          hint={words.destinationHint}
        />
        <Select
          label={words.advertiser}
          value={picked}
          options={[
            ...advertisers.map((one) => [String(one.network_advertiser_id), one.name] as const),
            [NEW, words.newAdvertiser],
          ]}
          onValue={setAdvertiser}
        />
        {picked === NEW && (
          <Field
            label={words.advertiserName}
            required
            maxLength={200}
            value={advertiserName}
            onValue={setAdvertiserName}
          />
        )}
        {offer && <StatusField value={status} onValue={setStatus} />}
        {save.error && <Problem error={save.error} />}
        <footer class="dialog-foot">
          <button type="submit" class="primary" disabled={save.isPending}>
            {offer ? strings.common.save : words.make}
          </button>
        </footer>
      </form>
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
  fields: { name: string; destination_url: string; offer_status: string }
  /** An id, or NEW for the one of that name. */
  advertiser: string
  advertiserName: string
  onAdvertiser: (id: string) => void
  onClose: () => void
  onSaved?: (offer: Offer) => void
}) {
  const { offer, fields, advertiser } = asked
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async () => {
      let network_advertiser_id = Number(advertiser)
      if (advertiser === NEW) {
        network_advertiser_id = await makeAdvertiser(asked.advertiserName)
        // If the offer is refused, the advertiser is there for the next attempt.
        await queries.invalidateQueries({ queryKey: ['advertisers'] })
        asked.onAdvertiser(String(network_advertiser_id))
      }
      const body = { ...fields, network_advertiser_id }
      if (!offer) return answered(everflow.POST('/v1/networks/offers', { body }))
      const path = { id: String(offer.network_offer_id) }
      return answered(everflow.PUT('/v1/networks/offers/{id}', { params: { path }, body }))
    },
    onSuccess: async (saved) => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: ['offers'] }),
        queries.invalidateQueries({ queryKey: ['offer', saved.network_offer_id] }),
      ])
      asked.onClose()
      asked.onSaved?.(saved)
    },
  })
}

async function makeAdvertiser(name: string): Promise<number> {
  const made = await answered(everflow.POST('/v1/networks/advertisers', { body: { name } }))
  return made.network_advertiser_id
}
