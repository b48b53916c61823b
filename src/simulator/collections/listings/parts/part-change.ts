import { z } from 'zod'

import { Prng } from '../../../prng.ts'
import type { Listing } from '../listing.ts'
import type { PartKind } from './part-kind.ts'
import { keptSet } from './part-set.ts'
import type { Part, PartSet } from './part.ts'

const PART_CHANGES = ['add', 'reorder', 'replace', 'remove', 'clear', 'edit', 'resize'] as const

/** What a command may say of the change of a set. */
export const partChangeSchema = z.object({
  /**
   * `add`: behind all others. `reorder`: another order. `replace`: another part, with another Id, in its place. `edit`: another
   * caption, name or value. `remove`: one. `clear`: all. `resize`: the set has `size` parts from then on. Unless said, one that
   * is possible and changes something, by the seed.
   */
  change: z.enum(PART_CHANGES).optional(),
  /** Of `add`: how many parts more, default 1; of `resize`: how many in all. */
  size: z.number().int().min(0).max(1000).optional(),
  /** Of `replace`, `remove` and `edit`: which, from 1 in the order of display; default by the seed. */
  position: z.number().int().min(1).optional(),
})
export type PartChange = Readonly<z.output<typeof partChangeSchema>>

/** Changes the set that count and stamp tell of, not yet what is shown. @param chance all that is drawn hangs on it */
export function changeParts(
  listing: Listing,
  kind: PartKind,
  asked: PartChange,
  chance: number,
): { readonly set: PartSet; readonly isChanged: boolean } {
  const set = keptSet(listing, kind)
  const before = set.parts
  const prng = new Prng(chance)
  const change = asked.change ?? drawnChange(before.length, prng)
  set.parts = changedParts(set, { ...asked, change }, prng)
  const isChanged = set.parts.length !== before.length || set.parts.some((part, i) => part !== before[i])
  return { set, isChanged }
}

/** One that is possible. */
function drawnChange(size: number, prng: Prng): (typeof PART_CHANGES)[number] {
  if (size === 0 || prng.below(3) === 0) return 'add'
  if (size > 1 && prng.below(4) === 0) return 'reorder'
  if (prng.below(20) === 0) return 'clear'
  return (['replace', 'remove', 'edit'] as const)[prng.below(3)] ?? 'edit'
}

function changedParts(
  set: PartSet,
  { change, size, position }: PartChange & { change: (typeof PART_CHANGES)[number] },
  prng: Prng,
): readonly Part[] {
  const { parts } = set
  const at = position === undefined ? prng.below(parts.length) : position - 1
  const chosen = parts[at]
  switch (change) {
    case 'add':
      return [...parts, ...newParts(set, size ?? 1)]
    case 'resize':
      return [...parts.slice(0, size ?? 0), ...newParts(set, Math.max(0, (size ?? 0) - parts.length))]
    case 'clear':
      return []
    case 'reorder': {
      const cut = 1 + prng.below(parts.length - 1)
      return [...parts.slice(cut), ...parts.slice(0, cut)]
    }
    case 'replace':
      return chosen === undefined ? parts : parts.toSpliced(at, 1, ...newParts(set, 1))
    case 'remove':
      return chosen === undefined ? parts : parts.toSpliced(at, 1)
    case 'edit':
      return chosen === undefined ? parts : parts.with(at, { ...chosen, edition: chosen.edition + 1 })
  }
}

function newParts(set: PartSet, count: number): readonly Part[] {
  const first = set.next
  set.next += count
  return Array.from({ length: count }, (_, i) => ({ number: first + i, edition: 0 }))
}
