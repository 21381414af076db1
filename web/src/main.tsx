import './styles/index.css'
import { render } from 'preact'
import { App } from './app'
import { applyTheme, currentTheme } from './theme'

applyTheme(currentTheme())
render(<App />, document.getElementById('app') as HTMLElement)
