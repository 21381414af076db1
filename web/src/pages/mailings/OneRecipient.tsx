import { useQuery } from '@tanstack/preact-query'
import { Snippet } from '../../parts/Copy'
import { Dialog } from '../../parts/Dialog'
import { Answer } from '../../parts/States'
import { strings } from '../../strings'
import { type Addressed, addressLinks, type Emailing, type MailLink, useLinks } from './queries'

const texts = strings.mailings

/** The image and links of one recipient: the same as they were when they were made. */
export function OneRecipient(props: {
  emailing: Emailing
  destination: string
  onClose: () => void
}) {
  const { emailing, destination } = props
  const links = useLinks(emailing.id)
  const created = useQuery({
    queryKey: ['addressed', emailing.id, destination, links.data?.length],
    enabled: links.data !== undefined,
    queryFn: async () => {
      const urls = (links.data ?? []).map((link) => link.url)
      return (await addressLinks(emailing.id, [{ destination }], urls)).data[0] ?? null
    },
  })
  return (
    <Dialog title={texts.oneTitle(destination)} onClose={props.onClose} wide>
      <p>{texts.oneText}</p>
      <Answer of={created} lines={8}>
        {(addressed) => <Pasted addressed={addressed} links={links.data ?? []} />}
      </Answer>
    </Dialog>
  )
}

function Pasted(props: { addressed: Addressed; links: MailLink[] }) {
  return (
    <div class="stack">
      <Snippet label={texts.pixel} text={imageTag(props.addressed.pixel)} />
      {props.links.map((link, number) => (
        <Snippet
          key={link.id}
          label={texts.pasteLink(link.url)}
          text={props.addressed.links[number] ?? ''}
        />
      ))}
    </div>
  )
}

export function imageTag(address: string): string {
  return `<img src="${address}" alt="" width="1" height="1">`
}
