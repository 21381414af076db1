import { useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { Command } from '../../parts/Copy'
import { Field, Select } from '../../parts/Field'
import { fold } from '../../parts/folding'
import { Card, Page } from '../../parts/Page'
import { Places } from '../../parts/Places'
import { RangePicker } from '../../parts/RangePicker'
import { Answer, Empty } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { Count } from '../../parts/Waterfall'
import type { Call } from '../../shell'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { type Counts, type Offer, rateOf, useAdvertisers, useCounts, useOffers } from './resources'
import { OfferForm } from './OfferForm'
import { Status } from './Status'

const words = strings.offers

export const OFFER_PLACES = [
  ['/offers', words.places.offers],
  ['/offers/affiliates', words.places.affiliates],
] as const

export default function Offers() {
  const offers = useOffers()
  const [making, setMaking] = useState(false)
  const [, go] = useLocation()
  const { mayWrite } = useSigned()
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={
        <>
          <RangePicker />
          {mayWrite && (
            <button type="button" class="primary" onClick={() => setMaking(true)}>
              {words.make}
            </button>
          )}
        </>
      }
    >
      <Places name={words.title} places={OFFER_PLACES} />
      <Card>
        <Answer of={offers} lines={8}>
          {(rows) =>
            rows.length === 0 ? (
              <Nothing onMake={mayWrite ? () => setMaking(true) : undefined} />
            ) : (
              <List offers={rows} />
            )
          }
        </Answer>
      </Card>
      {making && (
        <OfferForm
          onClose={() => setMaking(false)}
          onSaved={(offer) => go(`/offers/${offer.network_offer_id}`)}
        />
      )}
    </Page>
  )
}

function List(props: { offers: Offer[] }) {
  const [search, setSearch] = useState('')
  const [status, setStatus] = useState('')
  const [, go] = useLocation()
  const counts = useCounts('offer')
  const advertisers = new Map(
    useAdvertisers().data?.map((one) => [one.network_advertiser_id, one.name]),
  )
  const rows = props.offers.filter(
    (offer) =>
      (status === '' ? offer.offer_status !== 'deleted' : offer.offer_status === status) &&
      fold(offer.name).includes(fold(search.trim())),
  )
  return (
    <>
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
      {rows.length === 0 ? (
        <p class="note">{words.nothingFound}</p>
      ) : (
        <Table
          name={words.title}
          rows={rows}
          rowKey={(offer) => offer.network_offer_id}
          onOpen={(offer) => go(`/offers/${offer.network_offer_id}`)}
          columns={columnsOf(counts, advertisers)}
        />
      )}
    </>
  )
}

function columnsOf(
  counts: (offer: number) => Counts,
  advertisers: Map<number, string>,
): Column<Offer>[] {
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

function Nothing(props: { onMake: (() => void) | undefined }) {
  const call: Call = {
    path: '/v1/networks/offers',
    header: 'X-Eflow-API-Key',
    body: { name: 'Shoes', destination_url: 'https://example.org/shoes' },
  }
  return (
    <Empty title={words.emptyTitle}>
      <p>{words.emptyText}</p>
      {props.onMake && (
        <p>
          <button type="button" class="primary" onClick={props.onMake}>
            {words.makeFirst}
          </button>
        </p>
      )}
      <p>{words.emptyCurl}</p>
      <Command call={call} />
    </Empty>
  )
}
