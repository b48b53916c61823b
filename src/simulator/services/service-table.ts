import type { SimulatedListings } from '../collections/listings.ts'
import type { Mls } from '../data-share.ts'
import type { OpenCollection } from '../records/open-collection.ts'
import { customFieldServices } from './custom-field-services.ts'
import { fieldOrderServices } from './field-order-services.ts'
import type { KeyUser } from './key-user.ts'
import { PART_FIELD_SERVICES } from './part-field-services.ts'
import { propertyTypeServices } from './property-type-services.ts'
import { notFound } from './service.ts'
import { SET_METADATA_SERVICES } from './set-metadata-services.ts'
import type { ServiceTable } from './service.ts'
import { nearbyService, standardFieldServices } from './standard-field-services.ts'
import { systemService } from './system.ts'
import { accountServices, userListingServices } from './user-views.ts'

export interface ServiceSources {
  readonly collections: readonly OpenCollection[]
  /** Whose fields the metadata services tell of. */
  readonly listings: SimulatedListings
  readonly dataShare: readonly Mls[]
  readonly user: KeyUser
  /** Since when there have been the property types that there are, milliseconds since 1970. */
  readonly epoch: number
}

/** What the API has beside the lists of its collections (docs/spark-api.md §1.3). */
export function serviceTable({
  collections,
  listings,
  dataShare,
  user,
  epoch,
}: ServiceSources): ServiceTable {
  const accounts = collections.find(({ name }) => name === 'accounts')
  const metadata = [
    ...standardFieldServices(listings.catalog, dataShare),
    ...propertyTypeServices(epoch),
    ...PART_FIELD_SERVICES,
  ]
  return [
    systemService(user, dataShare),
    ...userListingServices(listings, user),
    ...(accounts === undefined ? [] : accountServices(accounts, user)),
    nearbyService(listings),
    ...SET_METADATA_SERVICES,
    ...metadata,
    ...ofOneMls(metadata, dataShare),
    ...customFieldServices(listings.customCatalog),
    ...fieldOrderServices(listings.customCatalog),
  ]
}

/** `/v1/mls/{MlsId}/…`: the MLSs of the data share do not differ in what these services tell. */
function ofOneMls(table: ServiceTable, dataShare: readonly Mls[]): ServiceTable {
  return table.map(([path, service]) => [
    path.replace('/v1/', '/v1/mls/{MlsId}/'),
    (asked) => {
      const [mlsId, ...names] = asked.names
      if (!dataShare.some(({ id }) => id === mlsId)) throw notFound()
      return service({ ...asked, names })
    },
  ])
}
