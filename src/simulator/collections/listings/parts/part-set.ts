import type { Behaviour } from '../../../behaviour.ts'
import type { Listing } from '../listing.ts'
import type { PartKind } from './part-kind.ts'
import type { Part, PartSet } from './part.ts'

/** What the listing's count tells. */
export function partCount(listing: Listing, kind: PartKind, behaviour: Behaviour): number {
  const parts = listing.sets?.get(kind.name)?.parts
  if (kind.isHidden === undefined) return parts?.length ?? kind.first(listing)
  return unhidden(listing, kind, parts ?? firstParts(listing, kind), behaviour).length
}

/** What the services show. */
export function shownParts(listing: Listing, kind: PartKind, behaviour: Behaviour): readonly Part[] {
  return unhidden(listing, kind, listing.sets?.get(kind.name)?.shown ?? firstParts(listing, kind), behaviour)
}

/** The set from now on, to be changed. */
export function keptSet(listing: Listing, kind: PartKind): PartSet {
  listing.sets ??= new Map()
  const known = listing.sets.get(kind.name)
  if (known !== undefined) return known
  const parts = firstParts(listing, kind)
  const set = { parts, shown: parts, next: parts.length + 1 }
  listing.sets.set(kind.name, set)
  return set
}

function unhidden(
  listing: Listing,
  { isHidden }: PartKind,
  parts: readonly Part[],
  behaviour: Behaviour,
): readonly Part[] {
  return isHidden === undefined ? parts : parts.filter((part) => !isHidden(listing, part, behaviour))
}

function firstParts(listing: Listing, kind: PartKind): readonly Part[] {
  return Array.from({ length: kind.first(listing) }, (_, i) => ({ number: i + 1, edition: 0 }))
}
