/** The path without the token of a session that may be in it (R15). */
export function shownPath(path: string): string {
  return path.replace(/^\/v1\/session\/.+/, '/v1/session/{AuthToken}')
}

/** The path of the service that a path asks: with `{Id}` in the place of each id. */
export function servicePath(path: string): string {
  return shownPath(path).replaceAll(/\/\d{26}(?=\/|$)/g, '/{Id}')
}

/** @param pattern a path, or one with `{Id}` in the place of any id; with a `*` at its end, all that begin so */
export function fitsPath(pattern: string, path: string): boolean {
  const candidates = [path, servicePath(path)]
  if (!pattern.endsWith('*')) return candidates.includes(pattern)
  return candidates.some((candidate) => candidate.startsWith(pattern.slice(0, -1)))
}
