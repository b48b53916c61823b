import { successText } from '../api/envelope.ts'
import type { ListService } from '../api/list-service.ts'
import { jsonReply } from '../api/reply.ts'
import type { OpenCollection } from '../records/open-collection.ts'
import { accountField, listedFields } from './field-metadata.ts'
import type { KeyUser } from './key-user.ts'
import { answering } from './metadata-reply.ts'
import type { Service, ServiceTable } from './service.ts'

/** Listings as the key's user, its office and its company have them. */
export function userListingServices(listings: OpenCollection, user: KeyUser): ServiceTable {
  return [
    ['/v1/my/listings', listing(() => listings.where('ListAgentId', user.id))],
    ['/v1/office/listings', listing(() => listings.where('ListOfficeId', user.officeId))],
    ['/v1/company/listings', listing(() => listings.where('ListCompanyId', user.companyId))],
  ]
}

/** Accounts in other ways than `/v1/accounts` and below it. The shape of their metadata is not known. */
export function accountServices(accounts: OpenCollection, user: KeyUser): ServiceTable {
  return [
    [
      '/v1/my/account',
      ({ params, circumstances }) =>
        jsonReply(
          200,
          successText(accounts.service.one(user.id, params, circumstances), circumstances.order),
        ),
    ],
    ['/v1/accounts/by/office/{OfficeId}', listing(([office = '']) => accounts.where('OfficeId', office))],
    [
      '/v1/accounts/meta',
      answering(() => [
        Object.fromEntries(listedFields(accounts.catalog).map((field) => [field.name, accountField(field)])),
      ]),
    ],
  ]
}

function listing(listOf: (names: readonly string[]) => ListService): Service {
  return ({ names, params, circumstances }) =>
    jsonReply(200, successText(listOf(names).list(params, circumstances), circumstances.order))
}
