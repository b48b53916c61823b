/** Work on a feed for one command: by the daemon that holds DATA_DIR if there is one, else by this process. */
import { z } from 'zod'

import type { FeedChoice } from '../../config/load-settings.ts'
import type { Settings } from '../../config/settings.ts'
import type { PassKind } from '../../domain/pass.ts'
import type { Replicated } from '../../domain/resource.ts'
import { askDaemon, DaemonUnreachableError } from '../../ops/daemon-client.ts'
import type { DaemonInfo } from '../../ops/daemon-file.ts'
import { observers } from '../../ops/observers.ts'
import { WalkTotals } from '../../ops/walk-totals.ts'
import { LISTINGS } from '../../resources/listings.ts'
import { ListingstreamError } from '../../support/errors.ts'
import { findDaemon, statedSettings } from '../daemon/handover.ts'
import { requireChosen, requireChosenList } from '../compose/chosen-resources.ts'
import { watchedTransport } from '../compose/clients.ts'
import { commandSurroundings } from '../compose/command-surroundings.ts'
import { requireLastingFilter } from '../compose/lasting-filter.ts'
import { openFeed, type OpenFeed } from '../compose/open-feed.ts'
import type { WantedPass } from '../compose/open-feed-options.ts'
import { isWatched } from '../../ops/is-watched.ts'
import { progressLine } from '../reports/progress-line.ts'
import type { WriterSettings } from '../compose/settings-groups.ts'

/** How this process may open the feed; a daemon has it open. */
export interface FeedWishes extends FeedChoice {
  readonly restart?: true
  readonly takeOver?: true
  readonly acceptSource?: true
  readonly force?: true
}

export interface FeedTask<T> {
  readonly resource: Replicated
  /** What the feed has to have the base for. */
  readonly pass: PassKind
  /** No sets of parts: none is advised where another resource has to be named. @default false */
  readonly ofLists?: boolean
  /** Under the resource's own: what the daemon is asked for, with `body` as its JSON. @default the pass */
  readonly path?: string
  readonly body: object
  /** Of the daemon's answer. */
  parse(answer: unknown): T
  /** @param resource as the feed replicates it */
  run(feed: OpenFeed, resource: Replicated): Promise<T>
}

export async function onFeed<T>(
  settings: WriterSettings,
  wishes: FeedWishes,
  task: FeedTask<T>,
  signal: AbortSignal,
): Promise<T> {
  const require = task.ofLists === true ? requireChosenList : requireChosen
  const resource = require(settings.feed, task.resource)
  const daemon = await findDaemon(settings.feed.dataDir, statedSettings(settings), signal)
  const title = `${settings.feed.topicPrefix}: ${task.pass} of ${resource.name}`
  const answer = daemon === undefined ? undefined : await askThere(daemon, title, task, settings, signal)
  if (answer !== undefined) return parsed(task, answer)
  const run = (feed: OpenFeed): Promise<T> => task.run(feed, resource)
  return await onOwnFeed(settings, wishes, { title, wanted: { resource, pass: task.pass }, run }, signal)
}

/** Work that needs the feed open in this process. */
export interface OwnTask<T> {
  /** Of the line on the terminal. */
  readonly title: string
  /** @default none */
  readonly wanted?: WantedPass
  readonly run: (feed: OpenFeed) => Promise<T>
}

/** Takes the feed over for it: no daemon may have DATA_DIR. */
export async function onOwnFeed<T>(
  settings: WriterSettings,
  wishes: FeedWishes,
  { title, wanted, run }: OwnTask<T>,
  signal: AbortSignal,
): Promise<T> {
  requireLastingFilter(settings.feed, wishes.force ?? false)
  const { logger, metrics, observer, outages, totals } = commandSurroundings(settings, isWatched())
  using line = progressLine({ title, resource: wanted?.resource ?? LISTINGS }, totals)
  line.say('opening the feed')
  await using transport = watchedTransport(settings.spark, { metrics, logger })
  await using feed = await openFeed(
    {
      settings,
      wishes: { anyOwner: wishes.takeOver ?? false, acceptSource: wishes.acceptSource ?? false },
      restart: wishes.restart ?? false,
      ...(wanted && { wanted }),
      patient: false,
      transport,
      logger,
      metrics,
      observer: observers(observer, line.observer),
      outages,
      totals,
    },
    signal,
  )
  return await run(feed)
}

export function parsed<T>(task: Pick<FeedTask<T>, 'parse'>, answer: unknown): T {
  try {
    return task.parse(answer)
  } catch (cause) {
    if (!(cause instanceof z.ZodError)) throw cause
    throw new ListingstreamError(
      'The daemon ran it, but answered in a form that this program does not know. Start the daemon again with the version of the command.',
      { code: 'DAEMON_BAD_ANSWER', retryable: false, disposition: 'stop', cause },
    )
  }
}

async function askThere(
  daemon: DaemonInfo,
  title: string,
  {
    resource,
    pass,
    path = `passes/${pass}`,
    body,
  }: Pick<FeedTask<unknown>, 'resource' | 'pass' | 'path' | 'body'>,
  settings: Pick<Settings, 'http'>,
  signal: AbortSignal,
): Promise<unknown> {
  using line = progressLine({ title, resource }, new WalkTotals())
  line.say(`done by the daemon, process ${daemon.pid}`)
  return await askIfThere(daemon, { path: `/resources/${resource.name}/${path}`, body }, settings, signal)
}

/** What a daemon answers; undefined if it has gone meanwhile. */
export async function askIfThere(
  daemon: DaemonInfo,
  asked: { readonly path: string; readonly body: object },
  { http: { adminToken } }: Pick<Settings, 'http'>,
  signal: AbortSignal,
): Promise<unknown> {
  try {
    return await askDaemon(daemon, { method: 'POST', ...asked, adminToken }, signal)
  } catch (error) {
    if (error instanceof DaemonUnreachableError) return undefined
    throw error
  }
}
