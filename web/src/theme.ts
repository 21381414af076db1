/** Light, dark, or as the system has it. */
const KEPT = 'footfall.theme'

export type Theme = 'system' | 'light' | 'dark'

export function currentTheme(): Theme {
  const kept = localStorage.getItem(KEPT)
  return kept === 'light' || kept === 'dark' ? kept : 'system'
}

export function applyTheme(theme: Theme) {
  if (theme === 'system') localStorage.removeItem(KEPT)
  else localStorage.setItem(KEPT, theme)
  document.documentElement.dataset.theme = theme
}
