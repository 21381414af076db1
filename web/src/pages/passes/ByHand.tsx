import { useMutation } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { answered, passentry } from '../../api/client'
import { useDraft } from '../../parts/draft'
import { Field, Select } from '../../parts/Field'
import { Form } from '../../parts/Form'
import { Problem } from '../../parts/States'
import { strings } from '../../strings'
import type { Reader } from './resources'

const words = strings.passes

/** For a barcode that no reader can read: the number is typed. What it says appears above. */
export function ByHand(props: { readers: Reader[]; door: string }) {
  const { values, set, settle, unsaved } = useDraft({ number: '' })
  const [picked, setPicked] = useState('')
  const reader = props.door || picked || (props.readers[0]?.id ?? '')
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
      <summary>{words.byHand}</summary>
      <Form
        class="filters"
        unsaved={unsaved}
        onSubmit={() => {
          check.mutate()
        }}
      >
        <Field
          label={words.number}
          required
          maxLength={200}
          autocomplete="off"
          value={values.number}
          onValue={(number) => set({ number })}
        />
        {!props.door && (
          <Select
            label={words.door}
            value={reader}
            options={props.readers.map((one) => [one.id, one.attributes.name])}
            onValue={setPicked}
          />
        )}
        <button type="submit" class="primary" disabled={check.isPending}>
          {words.check}
        </button>
      </Form>
      {check.error && <Problem error={check.error} />}
    </details>
  )
}
