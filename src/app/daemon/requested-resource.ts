import { isSubresource, published, type ListedResource, type Replicated } from '../../domain/resource.ts'
import { RefusedRequestError } from '../../ops/http-errors.ts'
import { NoPurgeError } from '../../replication/pass-errors.ts'
import { LISTINGS } from '../../resources/listings.ts'
import { printable } from '../../support/printable.ts'

/**
 * What a request means of those that are replicated; a path without a resource means listings.
 *
 * @throws {RefusedRequestError} 404 `RESOURCE_NOT_REPLICATED`
 */
export function requestedResource(
  resources: readonly ListedResource[],
  name: string = LISTINGS.name,
): Replicated {
  const replicated = published(resources)
  const found = replicated.find((resource) => resource.name === name)
  if (found !== undefined) return found
  throw new RefusedRequestError(
    404,
    `This feed does not replicate ${printable(name)}. It replicates ${replicated.map((resource) => resource.name).join(', ')} (RESOURCES, SUBRESOURCES).`,
    { code: 'RESOURCE_NOT_REPLICATED', retryable: false, disposition: 'stop', exitCode: 2 },
  )
}

/** The same of what has deletes of its own: a set goes with its record. @throws {NoPurgeError} of a set */
export function requestedList(resources: readonly ListedResource[], name: string): ListedResource {
  const resource = requestedResource(resources, name)
  if (isSubresource(resource)) throw new NoPurgeError(resource)
  return resource
}
