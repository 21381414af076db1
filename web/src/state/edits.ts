/** Edits that are not saved: which part of a page has some, and the confirmation before they are lost. */
import { createContext } from 'preact'
import { useContext, useLayoutEffect, useRef } from 'preact/hooks'

/** The forms of a page or of a dialog. A dialog is a part of the page that it stands on. */
export class Edits {
  private readonly parts = new Set<() => boolean>()

  /** Answers how to take it away again. */
  add(part: () => boolean): () => void {
    this.parts.add(part)
    return () => void this.parts.delete(part)
  }

  /** Whether a form differs from what is saved, at this moment. */
  readonly unsaved = (): boolean => [...this.parts].some((part) => part())
}

export interface Guard {
  /** Of the page, or of the dialog that this is in. */
  edits: Edits
  /** Calls `go` at once where nothing is lost, otherwise when the member agrees to lose it. */
  leave: (edits: Edits, go: () => void) => void
}

/** Without confirmation: a form outside of the pages, such as the one to sign in, has nothing to lose. */
export const GuardContext = createContext<Guard>({ edits: new Edits(), leave: (_, go) => go() })

/** Of a form that changes nothing: it searches, filters or only asks for consent. */
export const nothingToSave = (): boolean => false

/** Registers a form with the page or the dialog around it. */
export function useUnsaved(unsaved: () => boolean) {
  const { edits } = useContext(GuardContext)
  const latest = useRef(unsaved)
  latest.current = unsaved
  useLayoutEffect(() => edits.add(() => latest.current()), [edits])
}
