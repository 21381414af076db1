import './styles/index.css'
import { render } from 'preact'
import { App } from './app'
import { Boundary } from './parts/Boundary'
import { applyTheme, currentTheme } from './theme'

applyTheme(currentTheme())
render(
  <Boundary>
    <App />
  </Boundary>,
  document.getElementById('app') as HTMLElement,
)
