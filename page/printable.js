/** What the source says, as it may be shown: as `src/support/printable.ts` has it for the terminal. */

/** As there, but for what is white space to a page: it joins words, and acts on nothing. */
const ACTING = /(?![\t\n\r])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200C\u200D])\p{Cf}/gu
/** @type {Readonly<Record<string, string>>} */
const SHORT = { '\n': String.raw`\n`, '\r': String.raw`\r`, '\t': String.raw`\t` }

/** What would not be seen, or would turn the order round, as a JSON escape. @param {string} text */
function visible(text) {
  return text.replaceAll(ACTING, (found) =>
    Array.from(
      { length: found.length },
      (_, i) => String.raw`\u${found.charCodeAt(i).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}

/** A value in one line: breaks are escaped, too. @param {string} text */
export function printable(text) {
  return visible(text.replaceAll(/[\n\r\t]/g, (found) => SHORT[found] ?? found))
}

/** A value of a template, whatever it is. @param {unknown} value @returns {unknown} */
export function seen(value) {
  if (typeof value === 'string') return visible(value)
  return Array.isArray(value) ? value.map(seen) : value
}
