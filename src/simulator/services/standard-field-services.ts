import { ApiFailure } from '../api/envelope.ts'
import type { SimulatedListings } from '../collections/listings.ts'
import type { Mls } from '../data-share.ts'
import type { FieldCatalog, FieldDefinition } from '../records/field-catalog.ts'
import { fieldOption, fieldOptions, listedFields, SHARE_FIELD, standardField } from './field-metadata.ts'
import type { FieldOption } from './field-metadata.ts'
import { answering, conditionalReply, resultsReply } from './metadata-reply.ts'
import { nearbyFields } from './nearby-fields.ts'
import { notFound } from './service.ts'
import type { ServiceTable } from './service.ts'

/** Standard fields by name. */
export function standardFieldServices(catalog: FieldCatalog, dataShare: readonly Mls[]): ServiceTable {
  const optionsOf = (name: string): readonly FieldOption[] => {
    const field = listed(catalog, name)
    return name === SHARE_FIELD ? dataShare.map((mls) => fieldOption(mls.id, mls.name)) : fieldOptions(field)
  }
  return [
    [
      '/v1/standardfields',
      ({ params, conditions, circumstances: { order } }) => {
        requireMlss(params.get('_mls'), dataShare)
        const fields = listedFields(catalog).map((field) => [field.name, standardField(field)] as const)
        return conditionalReply([Object.fromEntries(fields)], catalog.updatedAt, order, conditions)
      },
    ],
    [
      '/v1/standardfields/{Field}',
      answering((name = '') => [
        { [name]: { ...standardField(listed(catalog, name)), FieldList: optionsOf(name) } },
      ]),
    ],
    ['/v1/standardfields/{Field}/FieldList', answering((name = '') => optionsOf(name))],
  ]
}

/** Values that listings near by have, of fields that tell of a place. */
export function nearbyService(listings: SimulatedListings): ServiceTable[number] {
  return [
    '/v1/standardfields/nearby/{PropertyTypes}',
    ({ names: [types = ''], params, circumstances: { order } }) =>
      resultsReply([nearbyFields(listings, types, params)], order),
  ]
}

/** @throws {ApiFailure} 404 */
function listed(catalog: FieldCatalog, name: string): FieldDefinition {
  const field = catalog.find(name)
  if (field?.inMetadata === true) return field
  throw notFound()
}

/** `_mls` asks for the fields that these MLSs have in common: all, for they do not differ. */
function requireMlss(text: string | null, dataShare: readonly Mls[]): void {
  const unknown = text?.split(',').find((id) => !dataShare.some((mls) => mls.id === id))
  if (unknown !== undefined)
    throw new ApiFailure(400, 1053, `_mls must name MLSs of the data share, not ${unknown}`)
}
