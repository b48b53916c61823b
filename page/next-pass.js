/** What comes by itself when nothing runs. */

/** @import { OpenStatus } from './types.d.ts' */

/** @typedef {{ resource: string, pass: string, at: string }} NextPass */

/** The earliest pass by schedule; null if there is none. @param {Pick<OpenStatus, 'passes' | 'firstPurgeAt'>} status @returns {NextPass | null} */
export function nextPass({ passes, firstPurgeAt }) {
  const purges = Object.entries(firstPurgeAt).map(([resource, at]) => ({ resource, pass: 'purge', at }))
  const [next] = passes
    .flatMap(({ resource, pass, nextAt }) => (nextAt === null ? [] : [{ resource, pass, at: nextAt }]))
    .concat(purges)
    .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
  return next ?? null
}
