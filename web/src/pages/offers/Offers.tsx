import { useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { Field, Select } from '../../parts/Field'
import { fold } from '../../parts/folding'
import { RangePicker } from '../../parts/RangePicker'
import { ResourcePage } from '../../parts/Resource'
import type { Column } from '../../parts/Table'
import { Count } from '../../parts/Waterfall'
import { strings } from '../../strings'
import { type Offer, rateOf, useAdvertisers, useCounts, useOffers } from './resources'
import { OfferForm } from './OfferForm'
import { OfferTabs } from './OfferTabs'
import { Status } from './Status'

const words = strings.offers

export default function Offers() {
  const offers = useOffers()
  const [search, setSearch] = useState('')
  const [status, setStatus] = useState('')
  const [, go] = useLocation()
  const none = offers.data?.length === 0
  const rows = offers.data?.filter(
    (offer) =>
      (status === '' ? offer.offer_status !== 'deleted' : offer.offer_status === status) &&
      fold(offer.name).includes(fold(search.trim())),
  )
  return (
    <ResourcePage
      title={words.title}
      lead={words.lead}
      tabs={<OfferTabs />}
      query={{ ...offers, data: rows }}
      lines={8}
      rowKey={(offer) => offer.network_offer_id}
      href={(offer) => `/offers/${offer.network_offer_id}`}
      useColumns={useColumns}
      form={{
        label: words.make,
        render: (_, close) => (
          <OfferForm
            onClose={close}
            onSaved={(offer) => go(`/offers/${offer.network_offer_id}`)}
          />
        ),
      }}
      empty={{
        title: words.emptyTitle,
        text: words.emptyText,
        create: words.makeFirst,
        curlLead: words.emptyCurl,
        curl: {
          path: '/v1/networks/offers',
          header: 'X-Eflow-API-Key',
          body: { name: 'Shoes', destination_url: 'https://example.org/shoes' },
        },
      }}
      filters={
        offers.data &&
        !none && (
          <div class="filters">
            <Field label={words.search} type="search" value={search} onValue={setSearch} />
            <Select
              label={words.status}
              value={status}
              options={[
                ['', words.anyStatus],
                ...['active', 'paused', 'pending', 'deleted'].map(
                  (one) => [one, words.statuses[one] ?? one] as const,
                ),
              ]}
              onValue={setStatus}
            />
          </div>
        )
      }
      unmatched={none ? undefined : { title: words.nothingFound }}
      actions={<RangePicker />}
    />
  )
}

function useColumns(): Column<Offer>[] {
  const counts = useCounts('offer')
  const advertisers = new Map(
    useAdvertisers().data?.map((one) => [one.network_advertiser_id, one.name]),
  )
  const of = (offer: Offer) => counts(offer.network_offer_id)
  return [
    {
      title: words.offer,
      sort: (offer) => offer.name,
      cell: (offer) => <Link href={`/offers/${offer.network_offer_id}`}>{offer.name}</Link>,
    },
    {
      title: words.advertiser,
      wideOnly: true,
      sort: (offer) => advertisers.get(offer.network_advertiser_id) ?? '',
      cell: (offer) => advertisers.get(offer.network_advertiser_id) ?? '',
    },
    {
      title: words.status,
      wideOnly: true,
      sort: (offer) => words.statuses[offer.offer_status] ?? '',
      cell: (offer) => <Status of={offer.offer_status} />,
    },
    {
      title: words.impressions,
      number: true,
      sort: (offer) => of(offer).impressions,
      cell: (offer) => (
        <Count
          value={of(offer).impressions}
          filters={{ offer: String(offer.network_offer_id), kind: 'impression' }}
          of={words.ofImpressions}
        />
      ),
    },
    {
      title: words.clicks,
      number: true,
      sort: (offer) => of(offer).clicks,
      cell: (offer) => (
        <Count
          value={of(offer).clicks}
          filters={{ offer: String(offer.network_offer_id), kind: 'click' }}
          of={words.ofClicks}
        />
      ),
    },
    {
      title: words.rate,
      number: true,
      wideOnly: true,
      sort: (offer) => Number(rateOf(of(offer))) || 0,
      cell: (offer) => rateOf(of(offer)),
    },
  ]
}
