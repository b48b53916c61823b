import type { Subrow } from '../../../api/subrows.ts'
import type { Behaviour } from '../../../behaviour.ts'
import type { Surroundings } from '../../../records/collection-definition.ts'
import type { Listing } from '../listing.ts'
import type { Part } from './part.ts'

/** Last parts of the paths of sets, below that of the listing. */
export type PartName =
  | 'photos'
  | 'videos'
  | 'documents'
  | 'virtualtours'
  | 'rooms'
  | 'units'
  | 'floplans'
  | 'floorplans'
  | 'rentalcalendar'
  | 'tourofhomes'

/** What the parts of one kind are. */
export interface PartKind {
  readonly name: PartName
  /** In `_expand`, and the member that holds the set. */
  readonly expansion: string
  /** That member stands among the standard fields, or beside them (docs/spark-api.md §4.1). */
  readonly at: 'fields' | 'top'
  /** A list of several listings goes without it (docs/spark-api.md §2.5). */
  readonly isOfOne: boolean
  /** The state of a listing that tells when the set changed last; null: nothing does. */
  readonly stamp: 'photosAt' | 'videosAt' | 'documentsAt' | 'plansAt' | null
  /** How many a listing begins with. */
  first(listing: Listing): number
  /** @default none is */
  readonly isHidden?: (listing: Listing, part: Part, behaviour: Behaviour) => boolean
  /** All parts of a set have the same attributes. `position`: from 0, in the set as it is shown. */
  attributes(listing: Listing, part: Part, position: number, around: Surroundings): Subrow
  /** For the service `<name>/raw`. @default there is none */
  readonly raw?: (listing: Listing, part: Part) => Subrow
}
