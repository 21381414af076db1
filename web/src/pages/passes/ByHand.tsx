import { useMutation } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { answered, passentry } from '../../api/client'
import { useDraft } from '../../parts/draft'
import { Field, Select } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { Problem } from '../../parts/States'
import { strings } from '../../strings'
import type { Reader } from './queries'

const texts = strings.passes

/** For a barcode that no reader can read: the number is typed. What it says appears above. */
export function ByHand(props: { readers: Reader[]; readerId: string }) {
  const { values, set, settle, unsaved } = useDraft({ number: '' })
  const [picked, setPicked] = useState('')
  const reader = props.readerId || picked || (props.readers[0]?.id ?? '')
  const check = useMutation({
    mutationFn: () =>
      answered(
        passentry.POST('/api/v1/scans', {
          body: { scan: { readerId: reader, passId: values.number.trim(), scanType: 'barcode' } },
        }),
      ),
    onSuccess: settle,
  })
  return (
    <details class="by-hand">
      <summary>{texts.byHand}</summary>
      <Form
        class="filters"
        unsaved={unsaved}
        onSubmit={() => {
          check.mutate()
        }}
      >
        <Field
          label={texts.number}
          required
          maxLength={200}
          autocomplete="off"
          value={values.number}
          onValue={(number) => set({ number })}
        />
        {!props.readerId && (
          <Select
            label={texts.reader}
            value={reader}
            options={props.readers.map((one) => [one.id, one.attributes.name])}
            onValue={setPicked}
          />
        )}
        <button type="submit" class="primary" disabled={check.isPending}>
          {texts.check}
        </button>
      </Form>
      {check.error && <Problem error={check.error} />}
    </details>
  )
}
