import { accountCollection } from './accounts.ts'
import type { Behaviour } from '../behaviour.ts'
import type { Collection } from './collection.ts'
import { ApiFailure, failureText, successText } from './envelope.ts'
import type { Fault } from '../faults.ts'
import { DEFINITION_ORDER, shuffledOrder } from './key-order.ts'
import type { KeyOrder } from './key-order.ts'
import { listMembers, oneMember } from './list-page.ts'
import { listQuery } from './list-query.ts'
import { listingCollection } from '../listing-collection.ts'
import type { Listing } from '../collections/listings/listing.ts'
import type { Market } from '../market.ts'
import { customFieldsReply, propertyTypesReply, standardFieldReply, standardFieldsReply } from './metadata.ts'
import { jsonReply } from './reply.ts'
import type { Reply } from './reply.ts'
import { systemInfo } from './system.ts'

export interface ApiRequest {
  /** `GET` also for a POST that `X-HTTP-Method-Override` turns into one. */
  readonly method: string
  readonly path: string
  readonly params: URLSearchParams
  header(name: string): string | undefined
}

export interface ApiOptions {
  readonly market: Market
  readonly accessToken: () => string
  readonly seed: number
  readonly epoch: number
  readonly behaviour: () => Behaviour
}

const REGULAR_LIMIT = 25
const DENIALS = {
  'bad-key': [401, 1000, 'Invalid API key and/or request signed improperly'],
  expired: [401, 1020, 'Session token has expired'],
  disabled: [401, 1010, 'The key is disabled'],
  'user-inactive': [403, 1015, 'The user of the key is not active'],
  'wrong-host': [403, 1021, 'Use replication.sparkapi.com with this key'],
} as const

/** The services of the API: a request in, an answer out, without the network. */
export class Api {
  readonly listings: Collection<Listing>
  readonly #options: ApiOptions
  readonly #accounts: ReturnType<typeof accountCollection>
  #replies = 0

  constructor(options: ApiOptions) {
    const { market, seed, epoch, behaviour } = options
    this.#options = options
    this.listings = listingCollection(market, behaviour)
    this.#accounts = accountCollection(seed, epoch, market.mlsIds, behaviour)
  }

  answer(request: ApiRequest, fault: Fault | undefined): Reply {
    this.#replies += 1
    const { keyOrderSeed } = this.#options.behaviour()
    const order = keyOrderSeed === null ? DEFINITION_ORDER : shuffledOrder(keyOrderSeed, this.#replies)
    try {
      this.#authorize(request)
      return this.#route(request, fault, order)
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error
      return jsonReply(error.status, failureText(error, order))
    }
  }

  #authorize(request: ApiRequest): void {
    const { accessToken, behaviour } = this.#options
    const { access, userAgentRequired } = behaviour()
    const token = /^(?:Bearer|OAuth) +(.+)$/i.exec(request.header('authorization') ?? '')?.[1]
    const denial = access === 'granted' && token !== accessToken() ? 'bad-key' : access
    if (denial !== 'granted') {
      const [status, code, message] = DENIALS[denial]
      throw new ApiFailure(status, code, message)
    }
    if (userAgentRequired && request.header('x-sparkapi-user-agent') === undefined) {
      throw new ApiFailure(400, 1016, 'X-SparkApi-User-Agent is missing')
    }
  }

  #route(request: ApiRequest, fault: Fault | undefined, order: KeyOrder): Reply {
    const [version, service, id, ...rest] = request.path.split('/').slice(1).map(decoded)
    if (version !== 'v1' || service === undefined || rest.length > 0) throw notFound()
    const reply = this.#service(service, id, request, fault, order)
    if (reply === undefined) throw notFound()
    return reply
  }

  #service(
    service: string,
    id: string | undefined,
    request: ApiRequest,
    fault: Fault | undefined,
    order: KeyOrder,
  ): Reply | undefined {
    const { market, epoch } = this.#options
    const conditions = {
      ifNoneMatch: request.header('if-none-match'),
      ifModifiedSince: request.header('if-modified-since'),
    }
    const get = (reply: () => Reply): Reply => {
      if (request.method !== 'GET') throw new ApiFailure(405, 405, 'Method not allowed')
      return reply()
    }
    switch (id === undefined ? service : `${service}/{Id}`) {
      case 'listings':
        return get(() => this.#list(this.listings, request, fault, order))
      case 'listings/{Id}':
        return get(() => this.#listing(id ?? '', request, order))
      case 'accounts':
        return get(() => this.#list(this.#accounts, request, fault, order))
      case 'accounts/{Id}':
        return get(() => this.#one(this.#accounts, id ?? '', request, order))
      case 'system':
        return get(() => {
          const results = JSON.stringify([systemInfo(market.mlsIds[0] ?? '')])
          return jsonReply(200, successText([['Results', results]], order))
        })
      case 'standardfields':
        return get(() => standardFieldsReply(market.standardFields, order, conditions))
      case 'standardfields/{Id}':
        return get(() => standardFieldReply(market.standardFields, id ?? '', market.mlsIds, order))
      case 'customfields':
        return get(() => customFieldsReply(market.customFields, order, conditions))
      case 'propertytypes':
        return get(() => propertyTypesReply(epoch, order, conditions))
      default:
        return undefined
    }
  }

  #list<Row>(
    collection: Collection<Row>,
    request: ApiRequest,
    fault: Fault | undefined,
    order: KeyOrder,
  ): Reply {
    const behaviour = this.#options.behaviour()
    const query = listQuery(
      request.params,
      behaviour.role === 'regular' ? REGULAR_LIMIT : collection.maxLimit,
    )
    return jsonReply(200, successText(listMembers(collection, query, behaviour, order, fault), order))
  }

  #listing(key: string, request: ApiRequest, order: KeyOrder): Reply {
    if (this.#options.behaviour().forbiddenKeys.includes(key)) {
      throw new ApiFailure(403, 1500, 'You do not have permission to perform the requested action')
    }
    return this.#one(this.listings, key, request, order)
  }

  #one<Row>(collection: Collection<Row>, key: string, request: ApiRequest, order: KeyOrder): Reply {
    const shape = listQuery(request.params, collection.maxLimit)
    return jsonReply(
      200,
      successText([oneMember(collection, key, shape, order, this.#options.behaviour())], order),
    )
  }
}

function notFound(): ApiFailure {
  return new ApiFailure(404, 404, 'Not found')
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw notFound()
  }
}
