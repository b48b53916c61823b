import type { OwnChange } from '../../records/collection-definition.ts'
import { isInView } from '../../records/simulated-record.ts'
import type { OpenHouse } from './open-house.ts'

const DAY_MS = 86_400_000

/** What can happen to an open house beside what can happen to any record. */
export type OpenHouseAction = 'comment' | 'postpone'

export const OPEN_HOUSE_CHANGES: readonly OwnChange<OpenHouse, OpenHouseAction>[] = [
  {
    /** New Comments. */
    action: 'comment',
    applies: isInView,
    isOfAll: false,
    draw: () => (openHouse) => () => {
      openHouse.remarked += 1
    },
  },
  {
    /** By one to seven days. */
    action: 'postpone',
    applies: isInView,
    isOfAll: false,
    draw:
      ({ prng }) =>
      (openHouse) => {
        const days = 1 + prng.below(7)
        return () => {
          openHouse.startsAt += days * DAY_MS
        }
      },
  },
]
