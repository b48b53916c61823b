import type { ApiRequest } from '../api/api-request.ts'
import { ApiFailure, failureText, successText } from '../api/envelope.ts'
import { DEFINITION_ORDER, shuffledOrder } from '../api/key-order.ts'
import type { Circumstances } from '../api/list-page.ts'
import type { ListService } from '../api/list-service.ts'
import { jsonReply } from '../api/reply.ts'
import type { Reply } from '../api/reply.ts'
import type { Behaviour } from '../behaviour.ts'
import type { Fault } from '../faults.ts'
import { authorize } from './authorize.ts'
import type { Credentials } from './credentials.ts'
import { decoded, findService } from './find-service.ts'
import { identityOf } from './identity.ts'
import { isLoginPath, loginReply, logoutReply } from './login.ts'
import { conditionsOf } from './metadata-reply.ts'
import { serviceTable } from './service-table.ts'
import type { ServiceSources } from './service-table.ts'
import { notFound } from './service.ts'
import type { ServiceTable } from './service.ts'

export interface ServicesOptions extends ServiceSources {
  readonly credentials: Credentials
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly behaviour: () => Behaviour
}

/** The services of the API: a request in, an answer out, without the network. */
export class Services {
  readonly #options: ServicesOptions
  /** By path. */
  readonly #lists: ReadonlyMap<string, ListService>
  readonly #table: ServiceTable
  #replies = 0

  constructor(options: ServicesOptions) {
    this.#options = options
    this.#lists = new Map(options.collections.map(({ path, service }) => [path, service]))
    this.#table = serviceTable(options)
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
    if (get === undefined || request.method !== 'GET') {
      throw new ApiFailure(405, circumstances.behaviour.methodCode, 'Method not allowed')
    }
    return get()
  }

  /** What answers a GET; undefined if there is no such service. */
  #service(request: ApiRequest, circumstances: Circumstances): (() => Reply) | undefined {
    const { path, params } = request
    const { order } = circumstances
    const found = findService(this.#table, path)
    if (found !== undefined) {
      const { service, names } = found
      return () => service({ names, params, circumstances, conditions: conditionsOf(request) })
    }
    const list = this.#lists.get(path)
    if (list !== undefined) {
      return () => jsonReply(200, successText(list.list(params, circumstances), order))
    }
    const [folder, name] = parted(path)
    const listed = this.#lists.get(folder)
    if (listed !== undefined) {
      return () => jsonReply(200, successText(listed.one(name, params, circumstances), order))
    }
    return this.#below(path, circumstances)
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
}

/** `/v1/listings/1` as `/v1/listings` and `1`. */
function parted(path: string): readonly [folder: string, name: string] {
  const slash = path.lastIndexOf('/')
  return [path.slice(0, slash), decoded(path.slice(slash + 1))]
}
