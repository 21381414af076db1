import { Download } from 'lucide-preact'
import { publicPath } from '../../api/server'
import { fileName } from '../../parts/saving'
import { strings } from '../../strings'
import { nameOf } from './queries'

const FORMATS = ['svg', 'png', 'pdf'] as const

/** `version` makes the browser draw again what has changed. */
function drawingOf(id: string, format: string, version = ''): string {
  const size = format === 'png' ? '&size=1024' : format === 'pdf' ? '&size_mm=50' : ''
  return `${publicPath}/v1/dynamic/${id}/qr?format=${format}${size}${version && `&v=${encodeURIComponent(version)}`}`
}

export function Symbol(props: {
  code: { id: string; label: string | null; short_url: string; updated_at?: string }
}) {
  const { code } = props
  return (
    <img
      class="symbol"
      src={drawingOf(code.id, 'svg', code.updated_at)}
      alt={strings.codes.one.symbol(nameOf(code))}
      width="180"
      height="180"
    />
  )
}

/** The symbol as files, in the code's own theme. */
export function Downloads(props: { id: string; name: string }) {
  return (
    <p class="row">
      {FORMATS.map((format) => (
        <a
          key={format}
          class="button small"
          href={drawingOf(props.id, format)}
          download={`${fileName(props.name)}.${format}`}
          aria-label={strings.codes.one.download(format)}
        >
          <Download size={14} aria-hidden="true" /> {format.toUpperCase()}
        </a>
      ))}
    </p>
  )
}
