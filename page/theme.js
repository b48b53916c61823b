/** Light, dark, or as the system has it; kept by the browser. */

const KEY = 'listingstream-theme'
const THEMES = /** @type {const} */ (['auto', 'light', 'dark'])

/** @typedef {(typeof THEMES)[number]} Theme */

/** @returns {Theme} */
export function theme() {
  const kept = localStorage.getItem(KEY)
  return THEMES.find((one) => one === kept) ?? 'auto'
}

export function nextTheme() {
  const next = THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length] ?? 'auto'
  localStorage.setItem(KEY, next)
  applyTheme()
}

export function applyTheme() {
  const chosen = theme()
  if (chosen === 'auto') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = chosen
}

/** What is shown in the end; charts are drawn anew when it changes. */
export function shownTheme() {
  const chosen = theme()
  if (chosen !== 'auto') return chosen
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}
