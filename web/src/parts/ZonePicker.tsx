/** The time zone of a page: searched by city, country, older name or offset. */
import { useQuery } from '@tanstack/preact-query'
import { useMemo } from 'preact/hooks'
import { answered, native } from '../api/client'
import { formatCountry } from '../formats'
import { known } from '../state/range'
import { strings } from '../strings'
import { cityOf, type FoundZone, searchZones, type Zone, zoneNamed } from '../zones'
import { Combobox } from './Combobox'

/** Those of the server. */
function useZones(): { zones: Zone[]; isPending: boolean; refetch: () => unknown } {
  const { data, isPending, refetch } = useQuery({
    queryKey: ['zones'],
    staleTime: 900_000,
    queryFn: () => answered(native.GET('/zones')),
  })
  const zones = useMemo(
    () => (data?.zones ?? []).map((zone) => ({ ...zone, countryName: formatCountry(zone.country) })),
    [data],
  )
  return { zones, isPending, refetch }
}

export function ZonePicker(props: { value: string; onValue: (zone: string) => void }) {
  const { zones, isPending, refetch } = useZones()
  const chosen = zoneNamed(zones, props.value)
  const search = useMemo(() => {
    let last: [string, ReturnType<typeof choiceOf>[]] | undefined
    return (text: string) => {
      if (last?.[0] !== text) last = [text, searchZones(zones, text).map(choiceOf)]
      return last[1]
    }
  }, [zones])
  return (
    <Combobox
      label={strings.range.zone}
      value={chosen?.name ?? props.value}
      text={chosen ? strings.range.zoneAt(chosen.name, chosen.utc_offset) : props.value}
      search={search}
      onValue={(name) => {
        // A browser from before a zone got its name knows it by an older one.
        const names = [name, ...(zoneNamed(zones, name)?.aliases ?? [])]
        props.onValue(names.find(known) ?? name)
      }}
      count={strings.range.zones}
      nothing={
        zones.length > 0
          ? strings.range.noZone
          : isPending
            ? strings.common.loading
            : strings.range.zonesMissing
      }
      onOpen={() => {
        if (zones.length === 0 && !isPending) refetch()
      }}
    />
  )
}

function choiceOf({ zone, alias }: FoundZone) {
  const about = [zone.name, zone.countryName, alias && strings.range.formerly(alias)]
  return {
    value: zone.name,
    content: (
      <>
        <span class="name">{cityOf(zone.name)}</span>
        <span class="offset">{strings.range.offset(zone.utc_offset)}</span>
        <span class="about">{about.filter(Boolean).join(' · ')}</span>
      </>
    ),
  }
}
