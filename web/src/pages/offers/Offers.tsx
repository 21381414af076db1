import { useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { Field, Select } from '../../parts/Field'
import { fold } from '../../parts/folding'
import { RangePicker } from '../../parts/RangePicker'
import { ResourcePage } from '../../parts/Resource'
import type { Column } from '../../parts/Table'
import { strings } from '../../strings'
import { type Offer, clickRateOf, clickRateText, useAdvertisers, useCounts, useOffers } from './queries'
import { OfferForm } from './OfferForm'
import { OfferTabs } from './OfferTabs'
import { LoadedCount } from './LoadedCount'
import { Status } from './Status'

const texts = strings.offers

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
      title={texts.title}
      lead={texts.lead}
      tabs={<OfferTabs />}
      query={{ ...offers, data: rows }}
      lines={8}
      rowKey={(offer) => offer.network_offer_id}
      href={(offer) => `/offers/${offer.network_offer_id}`}
      useColumns={useColumns}
      form={{
        label: texts.make,
        render: (_, close) => (
          <OfferForm
            onClose={close}
            onSaved={(offer) => go(`/offers/${offer.network_offer_id}`)}
          />
        ),
      }}
      empty={{
        title: texts.emptyTitle,
        text: texts.emptyText,
        create: texts.makeFirst,
        curlLead: texts.emptyCurl,
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
            <Field label={texts.search} type="search" value={search} onValue={setSearch} />
            <Select
              label={texts.status}
              value={status}
              options={[
                ['', texts.anyStatus],
                ...['active', 'paused', 'pending', 'deleted'].map(
                  (one) => [one, texts.statuses[one] ?? one] as const,
                ),
              ]}
              onValue={setStatus}
            />
          </div>
        )
      }
      unmatched={none ? undefined : { title: texts.nothingFound }}
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
      title: texts.offer,
      sort: (offer) => offer.name,
      cell: (offer) => <Link href={`/offers/${offer.network_offer_id}`}>{offer.name}</Link>,
    },
    {
      title: texts.advertiser,
      wideOnly: true,
      sort: (offer) => advertisers.get(offer.network_advertiser_id) ?? '',
      cell: (offer) => advertisers.get(offer.network_advertiser_id) ?? '',
    },
    {
      title: texts.status,
      wideOnly: true,
      sort: (offer) => texts.statuses[offer.offer_status] ?? '',
      cell: (offer) => <Status of={offer.offer_status} />,
    },
    {
      title: texts.impressions,
      number: true,
      sort: (offer) => of(offer)?.impressions ?? 0,
      cell: (offer) => (
        <LoadedCount
          value={of(offer)?.impressions}
          filters={{ offer: String(offer.network_offer_id), kind: 'impression' }}
          of={texts.ofImpressions}
        />
      ),
    },
    {
      title: texts.clicks,
      number: true,
      sort: (offer) => of(offer)?.clicks ?? 0,
      cell: (offer) => (
        <LoadedCount
          value={of(offer)?.clicks}
          filters={{ offer: String(offer.network_offer_id), kind: 'click' }}
          of={texts.ofClicks}
        />
      ),
    },
    {
      title: texts.rate,
      number: true,
      wideOnly: true,
      sort: (offer) => clickRateOf(of(offer)) ?? 0,
      cell: (offer) => clickRateText(of(offer)),
    },
  ]
}
