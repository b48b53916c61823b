/** Why a token cannot be sent in a header at all; null if it can. Browsers refuse it without saying which. @param {string} token */
export function unsendable(token) {
  if (/^[\u0021-\u007E\u00A1-\u00FF]*$/.test(token)) return null
  return /\s/.test(token)
    ? 'A token has no space in it. Look whether it was copied as it is.'
    : 'This has a character that no header can carry (outside Latin-1, or not to be seen). Look whether it was copied as it is.'
}
