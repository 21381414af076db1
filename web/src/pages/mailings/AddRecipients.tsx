import { useEffect, useState } from 'preact/hooks'
import { Dialog, FormDialog } from '../../parts/Dialog'
import { useDraft } from '../../parts/draft'
import { TextArea } from '../../parts/Field'
import { Answer } from '../../parts/States'
import { strings } from '../../strings'
import { csvOf } from './csv'
import {
  addressLinks,
  DESTINATIONS_MAX,
  type Emailing,
  type MailLink,
  subjectOf,
  useLinks,
  useRefresh,
} from './queries'

const texts = strings.mailings

export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
}

/** Recipients with a file of their URLs. The addresses never leave the browser. */
export function AddRecipients(props: { emailing: Emailing; onClose: () => void }) {
  const links = useLinks(props.emailing.id)
  const [file, setFile] = useState<{ csv: string; many: number } | null>(null)
  if (file) return <FileReady {...file} emailing={props.emailing} onClose={props.onClose} />
  if (!links.data)
    return (
      <Dialog title={texts.addTitle} onClose={props.onClose}>
        <Answer of={links} lines={6}>
          {() => null}
        </Answer>
      </Dialog>
    )
  return (
    <AddForm
      emailing={props.emailing}
      links={links.data}
      onClose={props.onClose}
      onCreated={(csv, many) => setFile({ csv, many })}
    />
  )
}

function AddForm(props: {
  emailing: Emailing
  links: MailLink[]
  onClose: () => void
  onCreated: (csv: string, many: number) => void
}) {
  const { values, set, unsaved } = useDraft({
    addresses: '',
    links: props.links.map((link) => link.url).join('\n'),
  })
  const { addresses, links } = values
  const refresh = useRefresh()
  const people = linesOf(addresses)
  async function submit() {
    const destinations = people.map(() => ({}))
    const created = await addressLinks(props.emailing.id, destinations, linesOf(links))
    props.onCreated(csvOf(people, created.data), people.length)
    await refresh()
  }
  return (
    <FormDialog
      title={texts.addTitle}
      action={texts.makeFile(people.length)}
      disabled={people.length === 0 || people.length > DESTINATIONS_MAX}
      wide
      stays
      unsaved={unsaved}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <p>{texts.addLead}</p>
      <TextArea
        label={texts.addresses}
        rows={6}
        hint={people.length > DESTINATIONS_MAX ? texts.tooMany : texts.addressesHint}
        placeholder={texts.addressesExample}
        value={addresses}
        onValue={(addresses) => set({ addresses })}
      />
      <TextArea
        label={texts.links}
        rows={3}
        hint={texts.linksHint}
        placeholder="https://example.org/sale"
        value={links}
        onValue={(links) => set({ links })}
      />
    </FormDialog>
  )
}

function FileReady(props: { csv: string; many: number; emailing: Emailing; onClose: () => void }) {
  const [address, setAddress] = useState('')
  useEffect(() => {
    const created = URL.createObjectURL(new Blob([props.csv], { type: 'text/csv' }))
    setAddress(created)
    return () => URL.revokeObjectURL(created)
  }, [props.csv])
  const name = subjectOf(props.emailing).replace(/[^\p{L}\p{N}]+/gu, '-')
  return (
    <Dialog title={texts.addTitle} onClose={props.onClose}>
      <p role="status">{texts.fileReady(props.many)}</p>
      <p>{texts.pasteText}</p>
      <footer class="dialog-foot">
        <button type="button" onClick={props.onClose}>
          {strings.common.close}
        </button>
        <a class="button primary" href={address} download={`${name}.csv`}>
          {texts.download}
        </a>
      </footer>
    </Dialog>
  )
}
