import { defineConfig } from 'vite'
import { compression } from 'vite-plugin-compression2'

// The server gives out what is built here: see src/footfall/web/dashboard.py.
export default defineConfig({
  base: '/dashboard/',
  build: {
    outDir: '../src/footfall/web/dashboard',
    emptyOutDir: true,
    target: 'es2023',
    // A policy without inline script or style: nothing may be inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // Scripts and styles find each other by their own address: the page may be below a path.
  experimental: {
    renderBuiltUrl: (_, { hostType }) => (hostType === 'html' ? undefined : { relative: true }),
  },
  plugins: [compression({ algorithms: ['brotliCompress', 'gzip'], threshold: 1000 })],
  server: {
    // `npm run dev` beside a server on its own port.
    proxy: { '^/(?!dashboard/)': process.env['FOOTFALL_URL'] ?? 'http://localhost:3000' },
  },
})
