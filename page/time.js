import { clock } from './format.js'
import { html } from './markup.js'

/** @param {string | null | undefined} iso */
export function time(iso) {
  if (iso === null || iso === undefined) return html`<span class="none">–</span>`
  return html`<time datetime=${iso} title=${`${iso.replace('T', ' ').replace(/(\.\d+)?Z$/, '')} UTC`}
    >${clock(iso)}</time
  >`
}
