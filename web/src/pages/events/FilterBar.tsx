import { Plus, X } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { Range } from '../../state/range'
import { strings } from '../../strings'
import { FilterDialog } from './FilterDialog'
import { describe, type Filter, withFilter } from './filters'

/** The filters as chips: each can be changed and removed. */
export function FilterBar(props: {
  filters: Filter[]
  onFilters: (filters: Filter[]) => void
  trackers: Map<string, string>
  range: Range
}) {
  const { filters, onFilters } = props
  const [editing, setEditing] = useState<Filter | 'new' | null>(null)
  return (
    <section class="row spaced filter-bar" aria-label={strings.events.filters}>
      <ul>
        {filters.map((filter) => {
          const text = describe(filter, props.trackers)
          return (
            <li key={text} class="chip">
              <button
                type="button"
                class="text"
                title={text}
                aria-label={strings.events.editThis(text)}
                onClick={() => setEditing(filter)}
              >
                {text}
              </button>
              <button
                type="button"
                class="away"
                aria-label={strings.events.removeFilter(text)}
                onClick={() => onFilters(filters.filter((one) => one !== filter))}
              >
                <X size={14} aria-hidden="true" />
              </button>
            </li>
          )
        })}
      </ul>
      <button type="button" class="small" onClick={() => setEditing('new')}>
        <Plus size={14} aria-hidden="true" /> {strings.events.addFilter}
      </button>
      {filters.length > 1 && (
        <button type="button" class="quiet small" onClick={() => onFilters([])}>
          {strings.events.removeAll}
        </button>
      )}
      {editing !== null && (
        <FilterDialog
          filter={editing === 'new' ? undefined : editing}
          range={props.range}
          onClose={() => setEditing(null)}
          onFilter={(filter) => {
            onFilters(withFilter(filters, filter, editing === 'new' ? undefined : editing))
            setEditing(null)
          }}
        />
      )}
    </section>
  )
}
