/**
 * Whether every store can hold it as text: no lone surrogates, which UTF-8 does not have, and no NUL, which PostgreSQL
 * does not take.
 */
export function isPlainText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}
