import './styles/index.css'
import { QueryClient, QueryClientProvider } from '@tanstack/preact-query'
import { render } from 'preact'
import { Refused } from './api/client'
import { App } from './app'
import { applyTheme, currentTheme } from './theme'

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What was refused stays refused; an unreachable or busy server may be back.
      retry: (count, error) =>
        count < 2 && error instanceof Refused && (error.status === 0 || error.status === 503),
    },
  },
})

applyTheme(currentTheme())
render(
  <QueryClientProvider client={queries}>
    <App />
  </QueryClientProvider>,
  document.getElementById('app') as HTMLElement,
)
