import { parseInstant } from '../domain/instant.ts'
import type { JsonValue } from '../domain/json.ts'
import type { FieldDefinition } from './records/field-catalog.ts'
import type { Listing } from './collections/listings/listing.ts'
import type { CheckedCommand } from './market-command.ts'
import type { Prng } from './prng.ts'
import { wholeSeconds } from './time-text.ts'

type ChangeCommand = Exclude<CheckedCommand, { action: 'new' }>

/** What a command does to each listing that it chooses. */
export interface ListingChange {
  /** Whether the command may choose this listing by itself. */
  applies(listing: Listing): boolean
  /** What is to be done when the change becomes visible. All chance is drawn here and now. */
  mutation(listing: Listing): () => void
  readonly deletes: boolean
}

const inView = (listing: Listing): boolean => listing.exists && listing.visible

export class ListingChanges {
  readonly #prng: Prng

  constructor(prng: Prng) {
    this.#prng = prng
  }

  /** @param fieldNamed throws for a field that does not exist */
  of(command: ChangeCommand, at: number, fieldNamed: (name: string) => FieldDefinition): ListingChange {
    const stamp = wholeSeconds(at)
    const change = (
      mutation: ListingChange['mutation'],
      applies: ListingChange['applies'] = inView,
      deletes = false,
    ): ListingChange => ({ applies, mutation, deletes })

    switch (command.action) {
      case 'prices':
        return change((listing) => this.#reprice(listing, stamp), isOpen)
      case 'status':
        return change((listing) => () => nextStatus(listing, stamp), isOpen)
      case 'touch':
      case 'bulk-touch':
        return change((listing) => () => touch(listing, stamp))
      case 'bulk-edit': {
        const field = fieldNamed('Disclaimer')
        const text = `Information as of ${new Date(stamp).toISOString()}, № ${this.#prng.below(1e6)}.`
        return change((listing) => () => {
          override(listing, [[field, text]])
          touch(listing, stamp)
        })
      }
      case 'media': {
        return change((listing) => () => {
          listing.photos += listing.photos > 0 && stamp % 2000 === 0 ? -1 : 1
          listing.photosAt = stamp
          touch(listing, stamp)
        })
      }
      case 'remove':
      case 'relist':
        return change((listing) => () => hide(listing), inView, true)
      case 'leave':
        return change((listing) => () => hide(listing))
      case 'return':
        return change(
          (listing) => () => {
            listing.visible = listing.exists
          },
          (listing) => listing.exists && listing.shown && !listing.visible,
        )
      case 'mask':
      case 'unmask': {
        const masked = command.action === 'mask'
        const fields = command.fields.map(fieldNamed)
        return change((listing) => () => {
          listing.masks ??= new Map()
          for (const field of fields) listing.masks.set(field.id, masked)
        })
      }
      case 'set': {
        const values = Object.entries(command.fields).map(
          ([name, value]) => [fieldNamed(name), value] as const,
        )
        return change((listing) => () => {
          if (command.stamp !== false) touch(listing, stamp)
          override(listing, values)
        })
      }
    }
  }

  #reprice(listing: Listing, stamp: number): () => void {
    const factor = this.#prng.next() * 0.1
    const down = this.#prng.next() < 0.7
    return () => {
      const step = Math.max(100, Math.round((listing.price * factor) / 100) * 100)
      listing.previousPrice = listing.price
      listing.price += down && listing.price > step ? -step : step
      listing.priceAt = stamp
      touch(listing, stamp)
    }
  }
}

function isOpen(listing: Listing): boolean {
  return inView(listing) && listing.status !== 'Closed'
}

function touch(listing: Listing, stamp: number): void {
  listing.modifiedAt = stamp
}

function hide(listing: Listing): void {
  listing.visible = false
}

function nextStatus(listing: Listing, stamp: number): void {
  listing.status = listing.status === 'Active' ? 'Pending' : 'Closed'
  listing.statusAt = stamp
  if (listing.status === 'Closed') listing.closePrice = Math.round(listing.price * 0.97)
  touch(listing, stamp)
}

function override(listing: Listing, values: readonly (readonly [FieldDefinition, JsonValue])[]): void {
  listing.overrides ??= new Map()
  for (const [field, value] of values) {
    const isStamp = field.id === 'ModificationTimestamp' && typeof value === 'string'
    const stamp = isStamp ? parseInstant(value) : undefined
    if (stamp === undefined) listing.overrides.set(field.id, value)
    else {
      // The listing's own stamp, so that later changes move it on.
      listing.modifiedAt = wholeSeconds(stamp)
      listing.overrides.delete(field.id)
    }
  }
}
