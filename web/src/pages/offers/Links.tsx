import { useQuery } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { answered, everflow } from '../../api/client'
import { Snippet } from '../../parts/Copy'
import { Field, Select } from '../../parts/Field'
import { Card } from '../../parts/Page'
import { Answer } from '../../parts/States'
import { strings } from '../../strings'
import { type Affiliate, type Offer, useAffiliates } from './queries'

const texts = strings.offers

/** What an affiliate puts on a page: a link, an image, or a call of a script. */
export function Links(props: { offer: Offer }) {
  const affiliates = useAffiliates()
  return (
    <Card title={texts.links}>
      <Answer of={affiliates}>
        {(rows) =>
          rows.length === 0 ? (
            <p>
              {texts.noAffiliates} <Link href="/offers/affiliates">{texts.toAffiliates}</Link>
            </p>
          ) : (
            <Created offer={props.offer} affiliates={rows} />
          )
        }
      </Answer>
    </Card>
  )
}

function Created(props: { offer: Offer; affiliates: Affiliate[] }) {
  const [affiliate, setAffiliate] = useState(
    String(props.affiliates[0]?.network_affiliate_id ?? 0),
  )
  const [source, setSource] = useState('')
  const [sub1, setSub1] = useState('')
  const body = {
    network_offer_id: props.offer.network_offer_id,
    network_affiliate_id: Number(affiliate),
    ...(source.trim() ? { source_id: source.trim() } : {}),
    ...(sub1.trim() ? { sub1: sub1.trim() } : {}),
  }
  const links = useQuery({
    queryKey: ['offer-links', body],
    placeholderData: (before) => before,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      const [click, pixel, server] = await Promise.all([
        answered(everflow.POST('/v1/networks/tracking/offers/clicks', { body })),
        answered(everflow.POST('/v1/networks/tracking/offers/impressions', { body })),
        answered(
          everflow.POST('/v1/networks/tracking/offers/impressions', {
            body: { ...body, is_server_side: true },
          }),
        ),
      ])
      return { click: click.url, pixel: pixel.url, server: server.url }
    },
  })
  return (
    <div class="stack">
      <div class="fields">
        <Select
          label={texts.forAffiliate}
          value={affiliate}
          options={props.affiliates.map((one) => [String(one.network_affiliate_id), one.name])}
          onValue={setAffiliate}
        />
        <Field label={texts.source} value={source} maxLength={200} onValue={setSource} />
        <Field
          label={texts.sub1}
          value={sub1}
          maxLength={200}
          onValue={setSub1}
          hint={texts.sub1Hint}
        />
      </div>
      <Answer of={links} lines={6}>
        {(created) => (
          <>
            <Snippet label={texts.clickLink} text={created.click} />
            <Snippet label={texts.pixel} text={imageOf(created.pixel)} />
            <Snippet
              label={texts.call}
              text={`fetch('${callOf(created.pixel, body)}', {credentials: 'include'})`}
            />
            <Snippet label={texts.server} text={created.server} />
          </>
        )}
      </Answer>
    </div>
  )
}

/** The address that a script calls, at the host of the image. */
function callOf(
  pixel: string,
  body: {
    network_offer_id: number
    network_affiliate_id: number
    source_id?: string
    sub1?: string
  },
): string {
  const query = new URLSearchParams({
    oid: String(body.network_offer_id),
    affid: String(body.network_affiliate_id),
    ...(body.source_id ? { source_id: body.source_id } : {}),
    ...(body.sub1 ? { sub1: body.sub1 } : {}),
    async: 'json',
  })
  return `${new URL(pixel).origin}/sdk/impression?${query}`
}

/** As it stands in HTML. */
function imageOf(pixel: string): string {
  return `<img src="${pixel.replaceAll('&', '&amp;')}" width="1" height="1" alt="">`
}
