/** One paged read by `_skiptoken` (docs/spark-api.md §2.3, R7). */
import type { ListedResource } from '../domain/resource.ts'
import type { SourcePage, WalkRequest } from '../replication/ports.ts'
import { recordsBodyBytes } from './body-limits.ts'
import { readRowByRow, SMALLEST_SLICE } from './broken-rows.ts'
import { PageSize } from './page-size.ts'
import { get } from './query.ts'
import { SparkApiError, SparkTimeoutError, unreadable } from './spark-api-error.ts'
import { TOKEN_REFUSED } from '../domain/error-codes.ts'
import type { CallAfter, SparkClient, Success } from './spark-client.ts'
import { isUnreadable } from './unreadable-page.ts'
import { keyAndStamp, wholeRecords } from './records.ts'

/** A page that the API cannot make in time is asked for in halves, down to this. */
const SMALLEST_LIMIT = 50

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
  const size = new PageSize(most, request.select === 'keys' ? 1 : SMALLEST_SLICE)
  let token = request.token
  for (;;) {
    const page = await fetchPage(client, { ...request, token }, size, signal)
    yield page
    if (page.nextToken === null) return
    token = page.nextToken
  }
}

async function fetchPage(
  client: SparkClient,
  request: WalkRequest,
  size: PageSize,
  signal: AbortSignal,
): Promise<SourcePage> {
  const { resource, token } = request
  const answer = await askForPage(client, request, size, signal)
  const { skipToken } = answer.envelope
  if (answer.rows === undefined) throw unreadable(resource.path, 'has no Results')
  return {
    request: answer.request,
    token,
    nextToken: skipToken === token ? null : skipToken,
    serverDate: answer.serverDate,
    receivedAt: answer.receivedAt,
    ...answer.rows,
  }
}

async function askForPage(
  client: SparkClient,
  walk: WalkRequest,
  size: PageSize,
  signal: AbortSignal,
): Promise<Success> {
  const { resource, token } = walk
  try {
    for (;;) {
      const asked = { limit: size.limit }
      try {
        const answer = await client.succeed(pageCall(walk, asked), signal)
        size.passed(asked.limit)
        return answer
      } catch (error) {
        if (!(error instanceof SparkApiError) || !isUnreadable(error)) throw error
        size.failed(asked.limit)
        if (!size.isSmallest(asked.limit)) continue
        const answer = await readRowByRow(client, walk, asked.limit, error, signal)
        size.passed(asked.limit)
        return answer
      }
    }
  } catch (error) {
    throw token !== '' && error instanceof SparkApiError ? tokenRefusal(error, resource) : error
  }
}

/** `asked.limit` becomes what the last attempt asked for. */
function pageCall(
  { resource, filter, select, token, purpose }: WalkRequest,
  asked: { limit: number },
): CallAfter {
  return (last) => {
    if (isTooMuch(last)) {
      asked.limit = Math.min(asked.limit, Math.max(SMALLEST_LIMIT, Math.floor(asked.limit / 2)))
    }
    const call = get(purpose, resource.path, {
      _limit: String(asked.limit),
      ...(select === 'keys' ? { _select: keyAndStamp(resource) } : wholeRecords(resource)),
      _filter: filter === '' ? undefined : filter,
      _skiptoken: token,
    })
    const largestBody = recordsBodyBytes(asked.limit)
    return { ...call, pageOf: resource, ofKeys: select === 'keys', largestBody }
  }
}

/** 1515, or no answer in time from our side: fewer rows may do (docs/spark-api.md §3.3). */
function isTooMuch(last: SparkApiError | undefined): boolean {
  return last?.apiCode === 1515 || last instanceof SparkTimeoutError
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
