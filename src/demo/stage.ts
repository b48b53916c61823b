import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { published, type ListedResource, type Replicated } from '../domain/resource.ts'
import { startSimulator } from '../simulator/server/start-simulator.ts'
import type { Simulator } from '../simulator/simulator.ts'
import type { FeedAddress } from './subscriber.ts'

/** A simulated MLS and a feed that replicates it. */
export interface Stage extends AsyncDisposable {
  readonly simulator: Simulator
  /** Base URL of the simulated API, without a slash at its end. */
  readonly apiUrl: string
  readonly feed: FeedAddress
  /** What has a topic: a set goes after what it is a part of. */
  readonly replicated: readonly Replicated[]
  /** Working directory of the processes: logs and DATA_DIR. */
  readonly folder: string
  /** DATA_DIR of the processes. */
  readonly dataDir: string
  /** All that the processes need to know. */
  readonly settings: Readonly<Record<string, string>>
}

export interface StageOptions {
  readonly feed: FeedAddress
  /** With those of their subresources that are replicated. */
  readonly resources: readonly ListedResource[]
  readonly listings: number
  readonly seed: number
}

/** A download has about so many pages, however many listings there are, so that faults can hit the middle of it. */
const PAGES = 10
const LARGEST_PAGE = 1000

export async function openStage({ feed, resources, listings, seed }: StageOptions): Promise<Stage> {
  await using opened = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'listingstream-demo-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const { simulator, url: apiUrl } = opened.use(await startSimulator({ listings, seed }))
  const dataDir = join(folder, 'data')
  const settings = {
    SPARK_API_URL: apiUrl,
    SPARK_ACCESS_TOKEN: simulator.accessToken,
    API_RATE: '100000',
    PAGE_LIMIT: String(Math.min(LARGEST_PAGE, Math.ceil(listings / PAGES))),
    KAFKA_BROKERS: feed.brokers.join(','),
    SCHEMA_REGISTRY_URL: feed.registryUrl,
    RESOURCES: resources.map(({ name }) => name).join(','),
    SUBRESOURCES: resources.flatMap(({ subresources }) => subresources.map(({ part }) => part)).join(','),
    TOPIC_PREFIX: feed.topicPrefix,
    DATA_DIR: dataDir,
    HTTP_PORT: '0',
  }
  const owned = opened.move()
  return {
    simulator,
    apiUrl,
    feed,
    replicated: published(resources),
    folder,
    dataDir,
    settings,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
