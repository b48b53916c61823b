/** All resources that can be replicated. A new one is a file beside this one, and a line here. */
import type { ListedResource, Subresource } from '../domain/resource.ts'
import { ACCOUNTS } from './accounts.ts'
import { CONTACTS } from './contacts.ts'
import { LISTING_SETS } from './listing-sets.ts'
import { LISTINGS } from './listings.ts'
import { OPEN_HOUSES } from './openhouses.ts'

export const RESOURCES = [
  LISTINGS,
  ACCOUNTS,
  OPEN_HOUSES,
  CONTACTS,
] as const satisfies readonly ListedResource[]

/** All sets of their parts that can be replicated with them. */
export const SUBRESOURCES: readonly Subresource[] = LISTING_SETS

type NameOf<Description> = Description extends ListedResource<infer Name> ? Name : never

/** For a table that has to have a row for each of them. */
export type KnownResourceName = NameOf<(typeof RESOURCES)[number]>
