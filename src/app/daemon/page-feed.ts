/** What the operator's page is told of a feed that this process supervises. */
import { formatInstant } from '../../domain/instant.ts'
import type { RequestedKey } from '../../ops/requested-key.ts'
import type { LagFigures } from '../../ops/lag-gauges.ts'
import type { FeedHistory } from '../../ops/page/feed-history.ts'
import type { PageFeed } from '../../ops/page/page-routes.ts'
import { ListingstreamError } from '../../support/errors.ts'
import type { OpenFeed } from '../compose/open-feed.ts'
import { askSource } from '../explain/source-answer.ts'
import { indexedKey } from '../explain/indexed-key.ts'
import { KeptCounts, KeptLetters } from './kept-counts.ts'
import { requestedResource } from './requested-resource.ts'
import { statusWith, type SupervisedFeed } from './supervised-status.ts'

export interface PageFeedOptions {
  readonly supervised: SupervisedFeed
  /** The feed while it is open. */
  readonly open: () => OpenFeed | undefined
  /** What there is to say of it while it is not. */
  readonly closed: () => object
  readonly history: FeedHistory
  readonly groups: () => LagFigures
}

/** Of a key: its history is in the topic, and what it takes to read it is the operator's patience. */
const EVENTS_TOLD = 10

export function pageFeed({ supervised, open, closed, history, groups }: PageFeedOptions): PageFeed {
  const counts = new KeptCounts()
  const waiting = new KeptLetters()
  let isRecalling = false
  const requireOpen = (): OpenFeed => {
    const feed = open()
    if (feed !== undefined) return feed
    throw new ListingstreamError('The daemon does not own the feed yet; the page says what it waits for.', {
      code: 'NOT_READY',
      retryable: true,
    })
  }
  return {
    history,
    groups,
    recall(signal) {
      const feed = open()
      if (feed === undefined || history.isRecalled || isRecalling) return
      isRecalling = true
      void recall(feed, history, signal).finally(() => {
        isRecalling = false
      })
    },
    glance: async (signal) => {
      const feed = open()
      return feed === undefined ? closed() : statusWith(supervised, feed, counts.of(feed, signal))
    },
    waitingLetters: (signal) => {
      const feed = open()
      return feed === undefined ? null : waiting.of(feed, signal)
    },
    deadLetters: async (signal) => {
      const letters = await requireOpen().openLetters(undefined, signal)
      const newest = letters.slice(-LETTERS_TOLD).toReversed()
      return {
        waiting: letters.length,
        letters: newest.map((letter) => ({ ...letter, at: formatInstant(letter.at) })),
      }
    },
    oddValues: async (signal) => ({ records: await requireOpen().oddValues(history.oddRecords, signal) }),
    explainKey: (wanted, signal) => explain(requireOpen(), wanted, signal),
  }
}

const LETTERS_TOLD = 50

async function recall(feed: OpenFeed, history: FeedHistory, signal: AbortSignal): Promise<void> {
  try {
    history.recall(await feed.lastMarkers(signal))
  } catch {
    // Another look tries it again.
  }
}

async function explain(
  feed: OpenFeed,
  { resource: name, key, ask }: RequestedKey,
  signal: AbortSignal,
): Promise<object> {
  const { resources, runner } = feed
  const resource = requestedResource(resources, name)
  const { index, source } = runner.feed
  const known = await indexedKey(index, resources, resource, key)
  const answer = ask ? await askSource(source, resources, resource, key, signal) : null
  const options = { most: EVENTS_TOLD, index: { from: 'daemon', why: null, known }, source: answer } as const
  return await feed.explainKey(resource, key, options, signal)
}
