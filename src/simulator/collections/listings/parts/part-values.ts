/** What the attributes of parts are made of. */
import { hash32, pick } from '../../../prng.ts'
import { sparkId } from '../../../records/spark-id.ts'
import type { Listing } from '../listing.ts'
import type { Part } from './part.ts'

const WORDS = [
  'Kitchen',
  'Front',
  'Garden',
  'Café corner',
  'Großes Zimmer',
  'Attic',
  'View “North”',
  'Bath & Spa',
]

/** As if the parts had come one a second from when the listing was made. */
export function partId({ key, createdAt }: Listing, { number }: Part): string {
  const seconds = createdAt / 1000 + number
  const micros = hash32(Number(key.slice(14, 20)), number) % 1_000_000
  return sparkId(seconds * 1_000_000 + micros)
}

/** The same for the same edition of a part, another for each `salt`. */
export function partHash(listing: Listing, { number, edition }: Part, salt: number): number {
  return hash32(hash32(listing.seed, salt), hash32(number, edition))
}

/** `Attic 3`: another text after an edit. */
export function partText(listing: Listing, part: Part, salt: number): string {
  return `${pick(WORDS, partHash(listing, part, salt))} ${part.number + part.edition * 1_000}`
}

/** @param set last part of the set's path */
export function partUri({ key }: Pick<Listing, 'key'>, set: string, id: string | number): string {
  return `/v1/listings/${key}/${set}/${id}`
}
