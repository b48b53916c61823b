/** One paged read by `_skiptoken` (spark-api.md §2.3, R7). */
import type { ResourceDescription } from '../listing/resource.ts'
import type { SourcePage, WalkRequest } from '../replication/ports.ts'
import { get } from './query.ts'
import { SparkApiError, TOKEN_REFUSED } from './spark-api-error.ts'
import type { CallAfter, SparkClient, Success } from './spark-client.ts'
import { unreadable } from './transport.ts'

/** A page that the API cannot make in time is asked for in halves, down to this. */
const SMALLEST_LIMIT = 50

export interface PageWishes {
  /** `_limit`; a resource's own maximum goes before it. */
  readonly limit: number
  /** `_expand` where whole records are asked for; undefined for none. */
  readonly expand: string | undefined
}

/** Follows the tokens wherever they lead: whether that is still a walk is for the pass to judge (R7). */
export async function* walkPages(
  client: SparkClient,
  request: WalkRequest,
  wishes: PageWishes,
  signal: AbortSignal,
): AsyncGenerator<SourcePage, void, undefined> {
  let token = request.token
  for (;;) {
    const page = await fetchPage(client, { ...request, token }, wishes, signal)
    yield page
    if (page.nextToken === null) return
    token = page.nextToken
  }
}

async function fetchPage(
  client: SparkClient,
  request: WalkRequest,
  wishes: PageWishes,
  signal: AbortSignal,
): Promise<SourcePage> {
  const { resource, token } = request
  const limit = Math.min(wishes.limit, resource.maxLimit)
  const answer = await askForPage(client, request, { ...wishes, limit }, signal)
  const { skipToken } = answer.envelope
  if (answer.rows === undefined) throw unreadable(resource.path, 'has no Results')
  return {
    request: answer.request,
    token,
    nextToken: skipToken === token ? null : skipToken,
    serverDate: answer.serverDate,
    ...answer.rows,
  }
}

async function askForPage(
  client: SparkClient,
  { resource, filter, select, token }: WalkRequest,
  { limit: most, expand }: PageWishes,
  signal: AbortSignal,
): Promise<Success> {
  let limit = most
  const call: CallAfter = (last) => {
    if (isTooMuch(last)) limit = Math.min(limit, Math.max(SMALLEST_LIMIT, Math.floor(limit / 2)))
    const call = get(resource.path, {
      _limit: String(limit),
      _select: select === 'keys' ? `${resource.keyField},${resource.timestampField}` : undefined,
      _expand: select === 'keys' ? undefined : expand,
      _filter: filter === '' ? undefined : filter,
      _skiptoken: token,
    })
    return { ...call, pageOf: resource }
  }
  try {
    return await client.succeed(call, signal)
  } catch (error) {
    throw token !== '' && error instanceof SparkApiError ? tokenRefusal(error, resource) : error
  }
}

/** 1515, or no answer in time from our side: fewer rows may do (spark-api.md §3.3). */
function isTooMuch(last: SparkApiError | undefined): boolean {
  return last?.apiCode === 1515 || last?.code === 'SPARK_TIMEOUT'
}

/**
 * With a token, whatever the API refuses about the request itself may be about the token alone, under any of its codes: the
 * other parameters were taken on the page before, and are refused without a token too if they are to blame (R7).
 */
function tokenRefusal(error: SparkApiError, { name }: ResourceDescription): SparkApiError {
  if (!isRefused(error)) return error
  return new SparkApiError(
    `The API no longer takes the token at which the walk of ${name} stands. The walk begins anew.`,
    {
      code: TOKEN_REFUSED,
      retryable: true,
      path: error.path,
      httpStatus: error.httpStatus,
      apiCode: error.apiCode,
      cause: error,
    },
  )
}

/** 400 whatever it says; the same codes in an envelope with another status; and a page that is not there any more. */
function isRefused({ httpStatus, apiCode, code }: SparkApiError): boolean {
  if (httpStatus === 400) return true
  if (apiCode === undefined) return false
  return code === 'SPARK_BAD_PARAMETER' || code === 'SPARK_FILTER_REFUSED' || code === 'SPARK_NOT_FOUND'
}
