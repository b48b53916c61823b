/** Where each feed of a process is served, and what is served of all of them. */
import type { FastifyInstance } from 'fastify'

import { eachWithFeed, withFeed } from '../support/command-for.ts'
import type { FeedApi } from './feed-api.ts'
import { addFeedRoutes, addStateRoutes, refuseForOthers } from './feed-routes.ts'
import { RefusedRequestError } from './http-errors.ts'
import { refusing } from './http-requests.ts'
import { addOverviewRoute } from './page/page-routes.ts'
import { refuseRead, type GuardOptions } from './request-guard.ts'

/** Instances that share the feeds. */
export interface GroupState {
  /** `GROUP_ID` */
  readonly id: string
  /** Whether this one is a member. */
  readonly joined: boolean
  /** Why it gets no feeds, since its list contradicts that of the others; null if it does not. */
  readonly contradiction: string | null
}

export type Feeds = readonly [FeedApi, ...FeedApi[]]

export interface ServedFeeds {
  readonly feeds: Feeds
  /** Read at each request. @default this process alone has them */
  readonly group?: GroupState | undefined
}

/** Without a slash at its end. */
export function feedPath(prefix: string): string {
  return `/feeds/${prefix}`
}

export async function addRoutesOfFeeds(
  app: FastifyInstance,
  { feeds, group }: ServedFeeds,
  guard: GuardOptions,
  stop: AbortSignal,
): Promise<void> {
  const listed = feeds.length > 1
  app.get('/feeds', async () => ({
    ...groupInShort(group),
    feeds: feeds.map((feed) => eachWithFeed(inShort(feed), listed ? feed.prefix : null)),
  }))
  const briefly = (): readonly object[] =>
    feeds.map((feed) => ({
      ...inShort(feed),
      held: feed.readiness().held.length,
      deadLetters: feed.page.waitingLetters(stop),
      ...feed.page.history.brief(),
    }))
  addOverviewRoute(app, briefly, guard, stop)
  for (const feed of feeds) {
    await app.register(
      async (scope) => {
        if (listed) nameFeedIn(scope, feed.prefix)
        addRoutesOf(scope, feed, guard, stop)
      },
      { prefix: feedPath(feed.prefix) },
    )
  }
  const [first, ...others] = feeds
  await app.register(async (scope) => {
    if (others.length === 0) addRoutesOf(scope, first, guard, stop)
    else addRoutesOfAll(scope, { feeds, group }, guard, stop)
  })
}

/** Commands in its answers are for it. */
function nameFeedIn(app: FastifyInstance, prefix: string): void {
  app.addHook('onSend', async (_request, _reply, payload) =>
    typeof payload === 'string' ? withFeed(payload, prefix) : payload,
  )
}

function addRoutesOf(app: FastifyInstance, feed: FeedApi, guard: GuardOptions, stop: AbortSignal): void {
  refuseForOthers(app, feed)
  addStateRoutes(app, feed, guard, stop)
  addFeedRoutes(app, feed, guard, stop)
}

function addRoutesOfAll(
  app: FastifyInstance,
  { feeds, group }: ServedFeeds,
  guard: GuardOptions,
  stop: AbortSignal,
): void {
  refuseForOthers(app, { instanceId: undefined })
  app.get('/livez', async () => ({ alive: true }))
  app.get('/readyz', async (_request, reply) => {
    const reports = feeds.map((feed) => eachWithFeed({ ...inShort(feed), ...feed.readiness() }, feed.prefix))
    const here = feeds.filter(({ standing }) => standing !== 'elsewhere')
    // An instance that stands by for the others does what it is there for.
    const isIdle = here.length === 0 && group?.joined === true && group.contradiction === null
    const ready = isIdle || here.some((feed) => feed.readiness().ready)
    return reply.code(ready ? 200 : 503).send({ ready, ...groupInShort(group), feeds: reports })
  })
  const reading = { onRequest: refusing((headers) => refuseRead(headers, guard)) }
  const statusOf = async (feed: FeedApi): Promise<object> =>
    feed.standing === 'elsewhere'
      ? { prefix: feed.prefix, health: feed.readiness() }
      : eachWithFeed(await feed.status(stop), feed.prefix)
  app.get('/status', reading, async () => ({ feeds: await Promise.all(feeds.map(statusOf)) }))
  // Whatever a feed has below its path, it has not without.
  void app.register(async (scope) => {
    scope.addHook('onRequest', async () => {
      throw unnamed(feeds)
    })
    addFeedRoutes(scope, feeds[0], guard, stop)
  })
}

function groupInShort(group: GroupState | undefined): object {
  if (group === undefined) return {}
  const { id, joined, contradiction } = group
  return { group: { id, joined, ...(contradiction === null ? {} : { contradiction }) } }
}

function inShort(feed: FeedApi): object {
  const { ready, reasons } = feed.readiness()
  return { prefix: feed.prefix, state: feed.standing, ready, reasons }
}

/** So many of them are named. */
const MOST_NAMED = 20

function unnamed(feeds: Feeds): RefusedRequestError {
  const named = feeds.slice(0, MOST_NAMED).map(({ prefix }) => prefix)
  const more = feeds.length - named.length
  return new RefusedRequestError(
    404,
    `There are several feeds here: ask below /feeds/<prefix>. They are ${named.join(', ')}${more > 0 ? ` and ${more} more (GET /feeds)` : ''}.`,
    { code: 'FEED_UNNAMED', retryable: false, disposition: 'stop', exitCode: 2 },
  )
}
