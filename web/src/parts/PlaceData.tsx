import { useQuery } from '@tanstack/preact-query'
import { send } from '../api/client'
import { strings } from '../strings'

interface PlaceDatabase {
  name: string
  type: string
  date: string
  days_old: number
  attribution: string
  url: string
}

const usePlaceData = () =>
  useQuery({
    queryKey: ['places'],
    queryFn: async () =>
      (await send('GET', '/places')) as { places: PlaceDatabase[]; warning: string },
  })

/** Whom the licences of the place data want to be named, on every page that may show places. */
export function PlaceCredit() {
  const { data } = usePlaceData()
  const credits = new Map(data?.places.map((one) => [one.attribution, one.url]))
  credits.delete('')
  return (
    <>
      {[...credits].map(([attribution, url]) => (
        <a key={attribution} class="note" href={url} target="_blank" rel="noreferrer">
          {attribution}
        </a>
      ))}
    </>
  )
}

/** Which databases are in use, and how old they are. */
export function PlaceData() {
  const { data } = usePlaceData()
  if (!data) return null
  return (
    <>
      <dt>{strings.settings.placeData}</dt>
      <dd>
        {data.places.map((one) => (
          <div key={one.name}>{strings.settings.placeDataOf(one.name, one.date, one.days_old)}</div>
        ))}
        {data.warning && <p class="note error">{data.warning}</p>}
        <p class="note">{strings.settings.placeDataHow}</p>
      </dd>
    </>
  )
}
