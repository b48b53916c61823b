/** Templates of the page: no text in them acts on what is beside it, whoever wrote it. */
import { html as litHtml, svg as litSvg } from './lit-html.js'
import { seen } from './printable.js'

export { nothing, render } from './lit-html.js'

/** @param {TemplateStringsArray} strings @param {unknown[]} values */
export function html(strings, ...values) {
  return litHtml(strings, ...values.map(seen))
}

/** @param {TemplateStringsArray} strings @param {unknown[]} values */
export function svg(strings, ...values) {
  return litSvg(strings, ...values.map(seen))
}
