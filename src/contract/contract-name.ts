import type { ResourceDescription } from '../domain/resource.ts'

/** Of what the contract has for each resource beside its records, e.g. `ListingTombstone`: by the name of its content. */
export function contractName(
  { events: { content } }: ResourceDescription,
  what: 'Event' | 'Tombstone',
): string {
  return `${content.charAt(0).toUpperCase()}${content.slice(1)}${what}`
}
