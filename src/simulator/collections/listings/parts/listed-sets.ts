import { MASKED } from '../../../../domain/masked.ts'
import { ApiFailure } from '../../../api/envelope.ts'
import type { Subrow } from '../../../api/subrows.ts'
import type { Behaviour } from '../../../behaviour.ts'
import type { Sublist, Surroundings } from '../../../records/collection-definition.ts'
import type { Listing } from '../listing.ts'
import { openHouseRows } from './open-houses.ts'
import type { PartKind, PartName } from './part-kind.ts'
import { PART_KINDS } from './part-kinds.ts'
import { shownParts } from './part-set.ts'

type Rows = Sublist<Listing>['rows']

/** A set that a listing has, as the API shows it. */
export interface ListedSet extends Pick<PartKind, 'expansion' | 'at' | 'isOfOne'> {
  readonly name: PartName | 'openhouses'
  readonly rows: Rows
}

export const LISTED_SETS: readonly ListedSet[] = [
  ...PART_KINDS.map((kind) => ({
    ...kind,
    rows: served(kind.name, (listing, around) =>
      shownParts(listing, kind, around.behaviour).map((part, position) =>
        kind.attributes(listing, part, position, around),
      ),
    ),
  })),
  {
    name: 'openhouses',
    expansion: 'OpenHouses',
    at: 'fields',
    isOfOne: false,
    rows: served('openhouses', (listing, around) => openHouseRows(listing, around, 'coming')),
  },
]

/** By paths below that of the listing. */
export const LISTING_SUBLISTS: readonly Sublist<Listing>[] = [
  ...LISTED_SETS.map(({ name, rows }) => ({ path: name, rows })),
  ...PART_KINDS.flatMap((kind) => rawSublist(kind)),
  {
    path: 'openhouses/all',
    rows: served('openhouses', (listing, around) => openHouseRows(listing, around, 'all')),
  },
]

function rawSublist(kind: PartKind): readonly Sublist<Listing>[] {
  const { name, raw } = kind
  if (raw === undefined) return []
  const rows: Rows = (listing, { behaviour }) =>
    shownParts(listing, kind, behaviour).map((part) => raw(listing, part))
  return [{ path: `${name}/raw`, rows: served(name, rows) }]
}

/** The rows as they leave the API, if they do. */
function served(name: string, rows: Rows): Rows {
  return (listing, around) => {
    refuseBroken(listing, name, around)
    return rows(listing, around).map((row) => disguised(row, around.behaviour))
  }
}

function refuseBroken({ key }: Listing, name: string, { behaviour: { brokenParts } }: Surroundings): void {
  if (brokenParts[key]?.includes(name) === true) throw new ApiFailure(500, 1026, 'Internal error')
}

/** With attributes that no page names, and with what the key may not see masked. */
function disguised(row: Subrow, { unknownPartAttributes, maskedPartAttributes }: Behaviour): Subrow {
  if (!unknownPartAttributes && maskedPartAttributes.length === 0) return row
  const unknown = unknownPartAttributes
    ? { SceneScores: { Sky: 0.25, Water: null }, SourceName: 'Crème' }
    : {}
  const masked = maskedPartAttributes.filter((name) => name in row).map((name) => [name, MASKED])
  return { ...row, ...unknown, ...Object.fromEntries(masked) }
}
