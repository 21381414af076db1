import { Component, type ComponentChildren } from 'preact'
import { strings } from '../strings'
import { ScriptMissing, tryAgain } from './opened'
import { Page } from './Page'
import { Notice } from './States'

interface Props {
  /** When it changes, what failed is tried again: the address of a page. */
  of?: string
  /** Within a card: without a heading of its own. */
  bare?: boolean
  children: ComponentChildren
}

/** Words and a way on where a part of the dashboard cannot be shown. */
export class Boundary extends Component<Props, { error: unknown }> {
  override state = { error: null as unknown }

  static override getDerivedStateFromError(error: unknown) {
    return { error }
  }

  retry = () => {
    tryAgain(true)
    this.setState({ error: null })
  }

  /** The connection is back: what it kept away comes by itself. */
  resume = () => {
    if (this.state.error instanceof ScriptMissing) this.retry()
  }

  override componentDidMount() {
    addEventListener('online', this.resume)
  }

  override componentWillUnmount() {
    removeEventListener('online', this.resume)
  }

  override componentDidUpdate(before: Props) {
    if (before.of === this.props.of || this.state.error === null) return
    tryAgain(false)
    this.setState({ error: null })
  }

  override render() {
    const { error } = this.state
    if (error === null) return this.props.children
    const notice = <Notice text={textOf(error)} retry={this.retry} />
    return this.props.bare ? notice : <Page title={strings.errors.title}>{notice}</Page>
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof ScriptMissing)) return strings.errors.unexpected
  if (error.answered) return strings.errors.pageMissing
  return navigator.onLine ? strings.errors.pageUnreachable : strings.errors.offline
}
