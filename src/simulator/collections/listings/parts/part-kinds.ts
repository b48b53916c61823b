import { DOCUMENTS } from './documents.ts'
import { FLO_PLANS, FLOOR_PLANS } from './floor-plans.ts'
import { ROOMS, UNITS } from './labelled-parts.ts'
import type { PartKind } from './part-kind.ts'
import { PHOTOS } from './photos.ts'
import { RENTAL_CALENDAR } from './rental-calendar.ts'
import { TOUR_OF_HOMES } from './tour-of-homes.ts'
import { VIDEOS } from './videos.ts'
import { VIRTUAL_TOURS } from './virtual-tours.ts'

/** All parts that a listing has of its own: open houses are a collection. */
export const PART_KINDS: readonly PartKind[] = [
  PHOTOS,
  VIDEOS,
  DOCUMENTS,
  VIRTUAL_TOURS,
  ROOMS,
  UNITS,
  FLO_PLANS,
  FLOOR_PLANS,
  RENTAL_CALENDAR,
  TOUR_OF_HOMES,
]
