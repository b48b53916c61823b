import type { JsonObject } from '../../domain/json.ts'
import { PROPERTY_TYPES } from '../collections/listings/property-types.ts'
import type { FieldCatalog } from '../records/field-catalog.ts'
import { listedFields } from './field-metadata.ts'
import { answering } from './metadata-reply.ts'
import { notFound } from './service.ts'
import type { ServiceTable } from './service.ts'

const STANDARD_GROUP = 'Contract Information'
const STANDARD_FIELDS = ['ListPrice', 'MlsStatus', 'ListingId']

/** In which order, and under which headings, a report shows the fields. */
export function fieldOrderServices(catalog: FieldCatalog): ServiceTable {
  const order = (): JsonObject[] => {
    const standard = STANDARD_FIELDS.map((name) => entry(name, 'StandardFields', false))
    const custom = Map.groupBy(listedFields(catalog), ({ group }) => group?.name ?? '')
    return [
      { [STANDARD_GROUP]: standard },
      ...custom.entries().map(([group, fields]) => ({
        [group]: fields.map((field) =>
          entry(field.name, 'CustomFields', field.group?.category === 'Details'),
        ),
      })),
    ]
  }
  return [
    [
      '/v1/fields/order',
      answering(() => [Object.fromEntries(PROPERTY_TYPES.map(({ code }) => [code, order()]))]),
    ],
    [
      '/v1/fields/order/settings',
      answering(() => [
        { ShowingInstructions: [{ Domain: 'StandardFields', Field: 'ListOfficePhone', GroupField: null }] },
      ]),
    ],
    [
      '/v1/fields/order/{PropertyType}',
      answering((code) => {
        if (!PROPERTY_TYPES.some((type) => type.code === code)) throw notFound()
        return order()
      }),
    ],
  ]
}

function entry(field: string, domain: 'StandardFields' | 'CustomFields', isDetail: boolean): JsonObject {
  return { Field: field, Label: field, Domain: domain, Detail: isDetail }
}
