import type { ApiRequest } from '../api/api-request.ts'
import { ApiFailure, failureText, successText } from '../api/envelope.ts'
import { DEFINITION_ORDER, shuffledOrder } from '../api/key-order.ts'
import type { KeyOrder } from '../api/key-order.ts'
import type { Circumstances } from '../api/list-page.ts'
import type { ListService } from '../api/list-service.ts'
import { jsonReply } from '../api/reply.ts'
import type { Reply } from '../api/reply.ts'
import type { Behaviour } from '../behaviour.ts'
import type { Mls } from '../data-share.ts'
import type { Fault } from '../faults.ts'
import type { FieldCatalog } from '../records/field-catalog.ts'
import type { OpenCollection } from '../records/open-collection.ts'
import { authorize } from './authorize.ts'
import type { Credentials } from './credentials.ts'
import { identityOf } from './identity.ts'
import { isLoginPath, loginReply, logoutReply } from './login.ts'
import { customFieldsReply, propertyTypesReply, standardFieldReply, standardFieldsReply } from './metadata.ts'
import { systemReply } from './system.ts'

export interface ServicesOptions {
  readonly collections: readonly OpenCollection[]
  /** Whose fields the metadata services tell of. */
  readonly listings: { readonly catalog: FieldCatalog; readonly customCatalog: FieldCatalog }
  readonly dataShare: readonly Mls[]
  readonly credentials: Credentials
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly epoch: number
  readonly behaviour: () => Behaviour
}

/** The services of the API: a request in, an answer out, without the network. */
export class Services {
  readonly #options: ServicesOptions
  /** By path. */
  readonly #lists: ReadonlyMap<string, ListService>
  #replies = 0

  constructor(options: ServicesOptions) {
    this.#options = options
    this.#lists = new Map(options.collections.map(({ path, service }) => [path, service]))
  }

  answer(request: ApiRequest, fault: Fault | undefined): Reply {
    this.#replies += 1
    const behaviour = this.#options.behaviour()
    const { keyOrderSeed } = behaviour
    const order = keyOrderSeed === null ? DEFINITION_ORDER : shuffledOrder(keyOrderSeed, this.#replies)
    try {
      return this.#answer(request, { behaviour, order, fault })
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error
      return jsonReply(error.status, failureText(error, order))
    }
  }

  #answer(request: ApiRequest, circumstances: Circumstances): Reply {
    const { credentials, now: clock } = this.#options
    const now = clock()
    const desk = { ...credentials, ...circumstances, now }
    const login = loginReply(request, desk)
    if (login !== undefined) return login
    authorize(request, identityOf(request, credentials, now), circumstances.behaviour)
    const logout = logoutReply(request, desk)
    if (logout !== undefined) return logout
    const get = this.#service(request, circumstances)
    if (get === undefined && !isLoginPath(request.path)) throw notFound()
    if (get === undefined || request.method !== 'GET') throw new ApiFailure(405, 405, 'Method not allowed')
    return get()
  }

  /** What answers a GET; undefined if there is no such service. */
  #service(request: ApiRequest, circumstances: Circumstances): (() => Reply) | undefined {
    const { path, params } = request
    const { order } = circumstances
    const list = this.#lists.get(path)
    if (list !== undefined) {
      return () => jsonReply(200, successText(list.list(params, circumstances), order))
    }
    const [folder, name] = parted(path)
    const listed = this.#lists.get(folder)
    if (listed !== undefined) {
      return () => jsonReply(200, successText(listed.one(name, params, circumstances), order))
    }
    return this.#below(path, circumstances) ?? this.#description(request, order)
  }

  /** What is listed below one row: `/v1/listings/{Id}/photos`. */
  #below(path: string, circumstances: Circumstances): (() => Reply) | undefined {
    for (const [folder, list] of this.#lists) {
      if (!path.startsWith(`${folder}/`)) continue
      const [key = '', ...rest] = path
        .slice(folder.length + 1)
        .split('/')
        .map(decoded)
      const below = list.below(rest.join('/'))
      if (below === undefined) continue
      return () => jsonReply(200, successText(below(key, circumstances), circumstances.order))
    }
    return undefined
  }

  /** The services that describe the source and its fields. */
  #description(request: ApiRequest, order: KeyOrder): (() => Reply) | undefined {
    const { listings, dataShare, epoch } = this.#options
    const conditions = {
      ifNoneMatch: request.header('if-none-match'),
      ifModifiedSince: request.header('if-modified-since'),
    }
    switch (request.path) {
      case '/v1/system':
        return () => systemReply(dataShare, order)
      case '/v1/standardfields':
        return () => standardFieldsReply(listings.catalog, order, conditions)
      case '/v1/customfields':
        return () => customFieldsReply(listings.customCatalog, order, conditions)
      case '/v1/propertytypes':
        return () => propertyTypesReply(epoch, order, conditions)
      default: {
        const [folder, name] = parted(request.path)
        if (folder !== '/v1/standardfields') return undefined
        return () => standardFieldReply(listings.catalog, name, dataShare, order)
      }
    }
  }
}

/** `/v1/listings/1` as `/v1/listings` and `1`. */
function parted(path: string): readonly [folder: string, name: string] {
  const slash = path.lastIndexOf('/')
  return [path.slice(0, slash), decoded(path.slice(slash + 1))]
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
