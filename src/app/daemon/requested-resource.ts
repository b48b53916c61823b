import type { Settings } from '../../config/settings.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import { RefusedRequestError } from '../../ops/http-errors.ts'
import { LISTINGS } from '../../resources/listings.ts'
import { printable } from '../../support/printable.ts'
import { chosenResources } from '../compose/chosen-resources.ts'

/**
 * What a request means; a path without a resource means listings.
 *
 * @throws {RefusedRequestError} 404 `RESOURCE_NOT_REPLICATED`
 */
export function requestedResource(feed: Settings['feed'], name: string = LISTINGS.name): ResourceDescription {
  const found = chosenResources(feed).find((resource) => resource.name === name)
  if (found !== undefined) return found
  throw new RefusedRequestError(
    404,
    `This feed does not replicate ${printable(name)}. It replicates ${feed.resources.join(', ')} (RESOURCES).`,
    { code: 'RESOURCE_NOT_REPLICATED', retryable: false, disposition: 'stop', exitCode: 2 },
  )
}
