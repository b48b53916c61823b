import { eachWithFeed } from '../../support/command-for.ts'
import type { Finding } from './finding.ts'

/**
 * What was found of several feeds: first what all of them have, of the machine or of the whole process, and that once; then
 * feed by feed what is of one, with its name.
 *
 * @param found of each of the names, in their order
 */
export function ofAllFeeds(
  names: readonly string[],
  found: readonly (readonly Finding[])[],
): readonly Finding[] {
  const [first = [], ...others] = found.map((findings) => new Map(findings.map((one) => [keyOf(one), one])))
  const shared = new Map([...first].filter(([key]) => others.every((other) => other.has(key))))
  const own = found.flatMap((findings, index) => {
    const feed = names[index] ?? ''
    return findings
      .filter((one) => !shared.has(keyOf(one)))
      .map((one) => ({ ...eachWithFeed(one, feed), feed }))
  })
  return [...shared.values(), ...own]
}

function keyOf({ check, state, what, remedy }: Finding): string {
  return JSON.stringify([check, state, what, remedy])
}
