import { execFile } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

import { SchemaRegistry } from '../../src/events/registry/schema-registry.ts'
import { asyncApiProblems } from '../fixtures/asyncapi.ts'
import { testStack } from '../fixtures/test-stack.ts'
import { LiveFeed } from './live-feed.ts'
import { ListingSubject } from './schema-readers.ts'

const ROOT = join(import.meta.dirname, '../..')
const run = promisify(execFile)

function subjectOf(feed: LiveFeed): string {
  return `${feed.topic}-listingstream.ListingUpserted`
}

async function versions(feed: LiveFeed): Promise<readonly number[]> {
  const registry = new SchemaRegistry({ url: testStack().registryUrl })
  return registry.versions(subjectOf(feed), AbortSignal.timeout(30_000))
}

describe('the schema of a feed, from the real registry', () => {
  test('check tells in words what the source would change and registers nothing; diff tells it once it happened', async () => {
    await using feed = await LiveFeed.open({ simulator: { listings: 20, seed: 71 } })
    const { listings } = feed.simulator

    const unborn = await feed.run(['schema', 'check', '--json'])
    expect(unborn.code).toBe(1)
    expect(JSON.parse(unborn.stdout)).toMatchObject({ version: null, changed: true, compatible: true })
    expect(await versions(feed)).toEqual([])
    const missing = await feed.run(['schema', 'show'])
    expect(missing).toMatchObject({ code: 1, stdout: '' })
    expect(missing.stderr).toContain('[SCHEMA_MISSING]')

    listings.changeMetadata({ action: 'add', name: 'EvoCount', type: 'Integer', nullRate: 1 })
    await feed.done('snapshot')
    expect(await feed.done('schema', 'check')).toContain('would change nothing')
    expect(await feed.done('schema', 'diff')).toBe('version 1 is the first one')

    listings.changeMetadata({ action: 'retype', name: 'EvoCount', type: 'Decimal' })
    listings.changeMetadata({ action: 'add', name: 'EvoSauna', type: 'Boolean', nullRate: 1 })
    const check = await feed.run(['schema', 'check'])
    expect(check.code).toBe(1)
    expect(check.stderr).toBe('')
    expect(check.stdout).toContain('EvoCount: retyped field got a second field EvoCount_double, double?')
    expect(check.stdout).toContain('listing.standardFields.EvoSauna: field added, boolean?')
    expect(check.stdout).toContain('the registry would take it')
    expect(await versions(feed)).toEqual([1])

    await feed.done('update')
    expect(await versions(feed)).toEqual([1, 2])
    const diff = JSON.parse(await feed.done('schema', 'diff', '--json'))
    expect(diff).toMatchObject({ from: 1, to: 2 })
    expect(diff.changes.map(({ kind }: { kind: string }) => kind).toSorted()).toEqual(['added', 'retyped'])
    expect(await feed.done('schema', 'diff', '2', '2')).toBe('version 2 to 2: no change')

    const table = await feed.done('schema', 'show')
    expect(table).toMatch(/^listing\.standardFields\.EvoCount_double +double\? /m)
    expect(await feed.done('schema', 'show', '--version', '1')).not.toContain('EvoSauna')
    const avro = JSON.parse(await feed.done('schema', 'show', '--json'))
    expect(avro).toMatchObject({ type: 'record', name: 'ListingUpserted' })
    const absent = await feed.run(['schema', 'show', '--version', '9'])
    expect(absent.stderr).toContain('has no version 9. It has 1, 2. [SCHEMA_MISSING]')
  })

  test('check says what the registry would refuse: a field that somebody else gave another type', async () => {
    await using feed = await LiveFeed.open({ simulator: { listings: 5, seed: 74 } })
    await feed.done('snapshot')
    const subject = new ListingSubject(feed.topic)
    const [first] = await subject.versions()
    const ours = JSON.parse(first?.schema ?? '')
    await subject.setCompatibility('NONE')
    const theirs = structuredClone(ours)
    theirs.fields
      .at(-1)
      .type[1].fields[0].type[1].fields.push({ name: 'EvoClash', type: ['null', 'string'], default: null })
    await subject.register(theirs)
    await subject.register({ ...ours, doc: 'Another text.' })
    await subject.setCompatibility('FULL_TRANSITIVE')
    feed.simulator.listings.changeMetadata({ action: 'add', name: 'EvoClash', type: 'Integer', nullRate: 1 })

    const { code, stdout } = await feed.run(['schema', 'check'])
    expect(code).toBe(1)
    expect(stdout).toContain('EvoClash: field added, long?')
    expect(stdout).toContain('the registry would refuse it: the feed would go on with version 3')
    expect(await subject.versions()).toHaveLength(3)
  })

  test('the AsyncAPI document of a feed is accepted by the official parser, and names no secret (R15)', async () => {
    await using feed = await LiveFeed.open({
      simulator: { listings: 5, seed: 72 },
      settings: { KAFKA_PARTITIONS: '4' },
    })
    const early = await feed.run(['asyncapi'])
    expect(early.stderr).toContain('[TOPIC_MISSING]')
    await feed.done('snapshot')
    const { code, stdout } = await feed.run(['asyncapi'], {
      SCHEMA_REGISTRY_AUTH: 'reader:word-that-nobody-sees',
    })
    expect(code).toBe(0)
    expect(stdout).not.toContain('word-that-nobody-sees')
    expect(await asyncApiProblems(stdout)).toEqual([])
    const document = parse(stdout)
    expect(document).toEqual(JSON.parse(await feed.done('asyncapi', '--json')))
    expect(Object.keys(document.channels)).toEqual([
      'listings',
      'control',
      'checkpoints',
      'dead-letters',
      'holds',
    ])
    expect(document.channels.listings.bindings.kafka).toMatchObject({
      topic: feed.topic,
      partitions: 4,
      replicas: 1,
      topicConfiguration: { 'cleanup.policy': ['compact'], 'delete.retention.ms': 604_800_000 },
    })
    const { payload } = document.components.messages.ListingUpserted
    expect(payload.schema).toEqual(JSON.parse(await feed.done('schema', 'show', '--json')))
  })

  test("a subscriber's own tsc takes the built package and the types of a live feed", async () => {
    await using feed = await LiveFeed.open({ simulator: { listings: 5, seed: 73 } })
    await feed.done('snapshot')
    const types = await feed.done('schema', 'types')
    const folder = join(feed.folder, 'subscriber')
    const installed = join(folder, 'node_modules/listingstream')
    await mkdir(installed, { recursive: true })
    const node = process.execPath
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    await run(node, [tsc, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(installed, 'dist')])
    for (const name of ['package.json', 'schemas']) await symlink(join(ROOT, name), join(installed, name))
    const files = {
      'package.json': JSON.stringify({ type: 'module' }),
      'live.ts': types,
      'main.ts': CONSUMER,
      'tsconfig.json': JSON.stringify({
        compilerOptions: { strict: true, module: 'nodenext', noEmit: true, types: [] },
      }),
    }
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    await expect(run(node, [tsc, '-p', folder])).resolves.toMatchObject({ stdout: '' })
    await writeFile(join(folder, 'main.ts'), CONSUMER.replace('.ListPrice', '.ListPriceThatIsNone'))
    await expect(run(node, [tsc, '-p', folder])).rejects.toMatchObject({
      stdout: expect.stringContaining('ListPriceThatIsNone'),
    })
  })
})

const CONSUMER = `
import type { ListingEvent, ListingUpserted } from 'listingstream'
import type { ListingUpserted as Live } from './live.js'

export function price(event: Live): number | null {
  const any: ListingUpserted = event
  return any.listing === null ? null : (event.listing?.standardFields?.ListPrice ?? null)
}
export function keyOf(event: ListingEvent): string {
  return event.listingKey
}
`
