import { z } from 'zod'

import { pick } from '../../prng.ts'
import type { OwnChange } from '../../records/collection-definition.ts'
import type { RecordCommand } from '../../records/record-command.ts'
import { isInView } from '../../records/simulated-record.ts'
import type { Listing } from './listing.ts'
import { changeParts, partChangeSchema } from './parts/part-change.ts'
import { PART_KINDS } from './parts/part-kinds.ts'

const mediaSchema = z.object({
  /** Last part of the path of the set: `photos`, `rooms`. Default: one by the seed. */
  part: z.enum(PART_KINDS.map(({ name }) => name)).optional(),
  ...partChangeSchema.shape,
})
export type MediaCommand = RecordCommand<'media'> & { readonly action: 'media' } & z.input<typeof mediaSchema>

/** The set of one kind of parts changes, with its stamp if it has one. */
export const MEDIA_CHANGE: OwnChange<Listing, 'media'> = {
  action: 'media',
  applies: isInView,
  isOfAll: false,
  words: mediaSchema.shape,
  isStamped: ({ partsMoveStamp }) => partsMoveStamp,
  draw({ prng, stamp, behaviour, defer }, command) {
    const { part, ...asked } = mediaSchema.parse(command)
    const kinds = part === undefined ? PART_KINDS : PART_KINDS.filter(({ name }) => name === part)
    return (listing) => {
      const kind = pick(kinds, prng.next32())
      const chance = prng.next32()
      return () => {
        const { set, isChanged } = changeParts(listing, kind, asked, chance)
        if (!isChanged) return
        if (kind.stamp !== null) listing[kind.stamp] = stamp
        defer(behaviour.setLagMs, () => {
          set.shown = set.parts
        })
      }
    }
  },
}
