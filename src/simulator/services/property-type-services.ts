import { PROPERTY_TYPES } from '../collections/listings/property-types.ts'
import { conditionalReply } from './metadata-reply.ts'
import type { Service, ServiceTable } from './service.ts'

const RESULTS = PROPERTY_TYPES.map(({ code, name }) => ({ MlsName: name, MlsCode: code }))

/** Those that the key sees are all that there are. @param updatedAt milliseconds since 1970 */
export function propertyTypeServices(updatedAt: number): ServiceTable {
  const service: Service = ({ conditions, circumstances: { order } }) =>
    conditionalReply(RESULTS, updatedAt, order, conditions)
  return [
    ['/v1/propertytypes', service],
    ['/v1/propertytypes/all', service],
  ]
}
