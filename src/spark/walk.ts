/** One paged read by `_skiptoken` (docs/spark-api.md §2.3, R7). */
import type { ListedResource } from '../domain/resource.ts'
import type { SourcePage, WalkRequest } from '../replication/ports.ts'
import { readRowByRow, SMALLEST_SLICE } from './broken-rows.ts'
import { PageRequests } from './page-requests.ts'
import { PageSize } from './page-size.ts'
import { SparkApiError, unreadable } from './spark-api-error.ts'
import { TOKEN_REFUSED } from '../domain/error-codes.ts'
import type { SparkClient, Success } from './spark-client.ts'
import { isUnreadable } from './unreadable-page.ts'

/**
 * Follows the tokens wherever they lead: whether that is still a walk is for the pass to judge (R7).
 *
 * @param pageLimit `_limit`; a resource's own maximum goes before it
 */
export async function* walkPages(
  client: SparkClient,
  request: WalkRequest,
  pageLimit: number,
  signal: AbortSignal,
): AsyncGenerator<SourcePage, void, undefined> {
  const most = Math.min(pageLimit, request.resource.maxLimit)
  const size = new PageSize(most, request.select === 'everything' ? SMALLEST_SLICE : 1)
  await using requests = new PageRequests(client, size, signal)
  let token = request.token
  for (;;) {
    const page = await fetchPage(client, { ...request, token }, { requests, size }, signal)
    yield page
    if (page.nextToken === null) return
    token = page.nextToken
  }
}

interface Walking {
  readonly requests: PageRequests
  readonly size: PageSize
}

async function fetchPage(
  client: SparkClient,
  request: WalkRequest,
  walking: Walking,
  signal: AbortSignal,
): Promise<SourcePage> {
  const { resource, token } = request
  const answer = await askForPage(client, request, walking, signal)
  const { skipToken } = answer.envelope
  if (answer.rows === undefined) throw unreadable(resource.path, 'has no Results', { doubt: 'no_results' })
  return {
    request: answer.request,
    token,
    nextToken: skipToken === token ? null : skipToken,
    ...(skipToken === token ? { repeatsToken: true } : {}),
    serverDate: answer.serverDate,
    receivedAt: answer.receivedAt,
    ...answer.rows,
  }
}

async function askForPage(
  client: SparkClient,
  walk: WalkRequest,
  { requests, size }: Walking,
  signal: AbortSignal,
): Promise<Success> {
  const { resource, token } = walk
  try {
    for (;;) {
      const request = await requests.ask(walk)
      try {
        const answer = await request.answer
        size.passed(request.limit)
        return answer
      } catch (error) {
        if (!(error instanceof SparkApiError) || !isUnreadable(error)) throw error
        const { limit } = request
        size.failed(limit)
        if (!size.isSmallest(limit)) continue
        const answer = await readRowByRow(client, walk, limit, error, signal)
        size.passed(limit)
        return answer
      }
    }
  } catch (error) {
    throw token !== '' && error instanceof SparkApiError ? tokenRefusal(error, resource) : error
  }
}

/**
 * With a token, whatever the API refuses about the request itself may be about the token alone, under any of its codes: the
 * other parameters were taken on the page before, and are refused without a token too if they are to blame (R7).
 */
function tokenRefusal(error: SparkApiError, { name }: ListedResource): SparkApiError {
  if (!isRefused(error)) return error
  return new SparkApiError(
    `The API no longer takes the token at which the walk of ${name} stands. The walk begins anew.`,
    {
      code: TOKEN_REFUSED,
      path: error.path,
      httpStatus: error.httpStatus,
      apiCode: error.apiCode,
      cause: error,
    },
  )
}

/** 400 whatever it says; the same codes in an envelope with another status; and a page that is not there any more. */
function isRefused({ httpStatus, apiCode, refuses }: SparkApiError): boolean {
  if (httpStatus === 400) return true
  if (apiCode === undefined) return false
  return refuses === 'parameter' || refuses === 'filter' || refuses === 'record'
}
