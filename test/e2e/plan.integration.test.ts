import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { topicNames } from '../../src/feed/topic-names.ts'
import { connectKafka } from '../../src/kafka/cluster.ts'
import { endOffsets } from '../fixtures/end-offsets.ts'
import { testStack } from '../fixtures/test-stack.ts'
import type { TopicEvent } from '../fixtures/topic-events.ts'
import { LiveDaemon } from './live-daemon.ts'
import { LiveFeed } from './live-feed.ts'

const RESOURCES = ['listings', 'listing-photos', 'accounts'] as const
const SETTINGS = { RESOURCES: 'listings,accounts', SUBRESOURCES: 'photos' }

interface PlannedEvent {
  readonly kind: string
  readonly resource: string
  readonly key: string
  readonly type: string
  readonly reason: string
}

interface Planned {
  readonly records: readonly PlannedEvent[]
  readonly passes: readonly { readonly resource: string; readonly pass: string; readonly purge: unknown }[]
}

function parsePlan(stdout: string): Planned {
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { record?: PlannedEvent; pass?: Planned['passes'][number] })
  return {
    records: lines.flatMap(({ record }) => record ?? []),
    passes: lines.flatMap(({ pass }) => pass ?? []),
  }
}

/** One line for each event that is no tombstone behind a deletion: what a plan tells of it. */
function toldOf(resource: string, events: readonly TopicEvent[]): readonly string[] {
  return events.flatMap(({ type, key, value }, i) => {
    const before = events[i - 1]
    if (type === 'Tombstone' && before?.type.endsWith('Deleted') === true && before.key === key) return []
    const { change, reason } = (value ?? {}) as { change?: string; reason?: string }
    return [`${resource} ${key} ${type} ${type === 'Tombstone' ? '' : (change ?? reason)}`.trim()]
  })
}

function toldByPlan({ records }: Planned): readonly string[] {
  return records
    .filter(({ kind }) => kind === 'event')
    .map(({ resource, key, type, reason }) =>
      `${resource} ${key} ${type} ${type === 'Tombstone' ? '' : reason}`.trim(),
    )
}

/** Every file below the folder with its bytes, size and time of change. */
async function fingerprint(folder: string): Promise<Readonly<Record<string, string>>> {
  const names = await readdir(folder, { recursive: true })
  const files = await Promise.all(
    names.toSorted().map(async (name) => {
      const path = join(folder, name)
      const facts = await stat(path)
      const digest = facts.isFile()
        ? createHash('sha256')
            .update(await readFile(path))
            .digest('hex')
        : 'folder'
      return [name, `${digest} ${facts.size} ${facts.mtimeMs} ${facts.mode}`] as const
    }),
  )
  return Object.fromEntries(files)
}

/** Ends of all topics of the feed, aborted records and markers included, and every subject with its versions. */
async function outside({ settings }: LiveFeed): Promise<object> {
  const prefix = settings['TOPIC_PREFIX'] ?? ''
  const names = topicNames(prefix)
  const topics = [
    ...RESOURCES.map((resource) => `${prefix}.${resource}`),
    names.checkpoints,
    names.control,
    names.holds,
    names.deadLetters,
  ]
  const signal = AbortSignal.timeout(60_000)
  await using cluster = await connectKafka({ brokers: testStack().brokers, clientId: 'plan' }, signal)
  const there = await cluster.existingTopics(topics, signal)
  const ends = await Promise.all(
    there.map(async (topic) => [topic, await endOffsets(cluster, topic, signal)]),
  )
  const subjects = await registryAnswer('/subjects')
  const own = (subjects as readonly string[]).filter((subject) => subject.startsWith(`${prefix}.`)).toSorted()
  const versions = await Promise.all(
    own.map(async (subject) => [subject, await registryAnswer(`/subjects/${subject}/versions`)]),
  )
  return { ends: Object.fromEntries(ends), versions: Object.fromEntries(versions) }
}

async function registryAnswer(path: string): Promise<unknown> {
  const answer = await fetch(`${testStack().registryUrl}${path}`)
  return await answer.json()
}

/** New, changed, gone and unreadable, of records and of sets. */
function change(feed: LiveFeed): void {
  const { listings } = feed.simulator
  listings.apply({ action: 'new', count: 3 })
  listings.apply({ action: 'prices', count: 4 })
  listings.apply({ action: 'media', count: 2 })
  listings.apply({ action: 'remove', count: 2 })
  feed.collection('accounts').obey({ action: 'remove' })
}

test('a plan of a changed market is what update and purge then publish, key by key; DATA_DIR, topics and registry are the same before and after', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 60, seed: 61 }, settings: SETTINGS })
  for (const resource of ['listings', 'accounts']) await feed.done('snapshot', '--resource', resource)
  change(feed)
  const before = await Promise.all([fingerprint(feed.dataDir), outside(feed)])
  const published = await Promise.all(RESOURCES.map((resource) => feed.read(resource)))

  const planned = await feed.run(['plan', '--json'])
  expect(planned, planned.stderr).toMatchObject({ code: 0 })
  const plan = parsePlan(planned.stdout)
  expect(await Promise.all([fingerprint(feed.dataDir), outside(feed)])).toEqual(before)

  for (const resource of ['listings', 'accounts']) {
    for (const pass of ['update', 'purge']) await feed.done(pass, '--resource', resource)
  }
  const after = await Promise.all(RESOURCES.map((resource) => feed.read(resource)))
  const told = RESOURCES.flatMap((resource, i) => {
    const known = new Set(published[i]?.map(({ partition, offset }) => `${partition}/${offset}`))
    const news = after[i]?.filter(({ partition, offset }) => !known.has(`${partition}/${offset}`)) ?? []
    return toldOf(resource, news)
  })
  expect(told.length).toBeGreaterThan(10)
  expect(toldByPlan(plan).toSorted()).toEqual(told.toSorted())
  expect(plan.passes.map(({ resource, pass }) => `${resource}/${pass}`)).toEqual([
    'listings/update',
    'listings/purge',
    'accounts/update',
    'accounts/purge',
  ])
}, 300_000)

test('beside a daemon a plan names the deletes that the guard would hold, and ends with 3 (R10); nothing of it is left behind', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 40, seed: 62 } })
  await using daemon = await LiveDaemon.start(feed, { UPDATE_INTERVAL: '1d', PURGE_INTERVAL: '1d' })
  const updated = 'listingstream_passes_total{resource="listings",pass="update",state="completed"}'
  await expect.poll(() => daemon.metric(updated), { timeout: 60_000, interval: 50 }).toBe(1)
  const removed = feed.simulator.listings.apply({ action: 'remove', count: 25 }).keys
  const before = await outside(feed)

  // Of our own: those of other tests come and go.
  const folder = await mkdtemp(join(tmpdir(), 'plan-'))
  const planned = await feed.run(['plan', '--json'], { TMPDIR: folder })
  expect(planned, planned.stderr).toMatchObject({ code: 3 })
  const held = parsePlan(planned.stdout).records.filter(({ kind }) => kind === 'held')
  expect(held.map(({ key }) => key).toSorted()).toEqual(removed.toSorted())
  const said = await feed.run(['plan', '--resource', 'listings'], { TMPDIR: folder })
  expect(said.code).toBe(3)
  expect(said.stdout).toContain(`listings ${removed[0]}  would be held, and not deleted`)
  expect(said.stdout).toContain(
    "the guard would hold 25 deletes: 25 deletes are half of the feed's 40 records",
  )
  expect(await readdir(folder)).toEqual([])
  await rm(folder, { recursive: true })
  expect(await outside(feed)).toEqual(before)
  expect((await daemon.get('/readyz')).status).toBe(200)
}, 240_000)

test('a plan under metadata that would change the schema registers nothing, and tells the same events (R5)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 20, seed: 63 } })
  await feed.done('snapshot')
  feed.simulator.listings.changeMetadata({ action: 'add', name: 'PlanCount', type: 'Integer', nullRate: 1 })
  feed.simulator.listings.apply({ action: 'prices', count: 2 })
  const before = await outside(feed)
  const plan = parsePlan(await feed.done('plan', '--json'))
  expect(plan.records.map(({ reason }) => reason)).toEqual(['UPDATED', 'UPDATED'])
  expect(await outside(feed)).toEqual(before)
  await feed.done('update')
  expect(
    (await feed.read())
      .filter(({ value }) => (value as { change?: string } | null)?.change === 'UPDATED')
      .map(({ key }) => key)
      .toSorted(),
  ).toEqual(plan.records.map(({ key }) => key).toSorted())
}, 240_000)

test('before the first snapshot there is nothing to plan: it says so, and makes no topic', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 5, seed: 64 } })
  const planned = await feed.run(['plan'])
  expect(planned).toMatchObject({ code: 1, stdout: '' })
  expect(planned.stderr).toContain('snapshot')
  expect(await feed.topics()).toEqual([])
}, 120_000)
