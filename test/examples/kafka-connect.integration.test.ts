import { setTimeout as sleep } from 'node:timers/promises'

import { beforeAll, expect, test } from 'vitest'

import { sourceFields, type ValueField } from '../../src/demo/source-fields.ts'
import { typedValue } from '../../src/demo/typed-value.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { LiveFeed } from '../e2e/live-feed.ts'
import { connectMissing, installConnect, KafkaConnect } from '../fixtures/kafka-connect.ts'
import { startPostgres } from '../fixtures/postgres.ts'
import type { TestPostgres } from '../fixtures/postgres.ts'
import { testStack } from '../fixtures/test-stack.ts'

const DEADLINE_MS = 240_000
/** The first time it downloads. */
const INSTALL_MS = 300_000
/** For what is in the topic to be in the table. */
const EQUAL_MS = 60_000
/** They travel beside the content (docs/replication.md, "Events"). */
const BESIDE = new Set(['ModificationTimestamp', 'DaysOnMarket', 'CumulativeDaysOnMarket'])

/** Of `listing_rows` beside the source's fields (docs/operations.md, "Rows"). */
const OWN_COLUMNS = new Set([
  'ObservedAt',
  'CustomFields',
  'MaskedFields',
  'UnmappedFields',
  'VolatileFields',
  'ModificationTimestamp',
])
const TABLES = ['listings', 'listing_rows']

type Row = Readonly<Record<string, unknown>>

beforeAll(async () => {
  const signal = AbortSignal.timeout(INSTALL_MS)
  if ((await connectMissing(signal)) === undefined) await installConnect(signal)
}, INSTALL_MS)

test(
  "the tables of Debezium's JDBC sink, of events and of rows, say what the source says after creates, changes and deletes (R13)",
  async (context) => {
    const signal = AbortSignal.timeout(DEADLINE_MS)
    const missing = await connectMissing(signal)
    if (missing !== undefined) return context.skip(missing)
    await using postgres = await startPostgres({}, signal)
    const url = await postgres.createDatabase()
    // As examples/kafka-connect/README.md has it: for topics that begin with a tombstone.
    for (const table of TABLES) {
      await postgres.query(url, `CREATE TABLE ${table} ("ListingKey" text PRIMARY KEY)`)
    }
    await using feed = await LiveFeed.open({
      simulator: { listings: 60, seed: 132 },
      settings: { ROW_TOPICS: 'true', EXPAND: 'CustomFieldsRaw' },
    })
    const rows = feed.topic.replace(/listings$/, 'listing-rows')
    const { listings } = feed.simulator
    await feed.done('snapshot')

    const { brokers, registryUrl } = testStack()
    const sink = {
      'connection.url': `jdbc:postgresql://${postgres.host}:${postgres.port}${new URL(url).pathname}`,
      'connection.username': postgres.user,
    }
    await using connect = await KafkaConnect.start(
      {
        folder: feed.folder,
        worker: {
          'bootstrap.servers': brokers.join(','),
          'value.converter.apicurio.registry.url': registryUrl.replace('/ccompat/v7', '/registry/v2'),
          // A record is in the table soon after it is in the topic.
          'offset.flush.interval.ms': '1000',
        },
        connectors: {
          'listings.properties': { ...sink, name: feed.topic, topics: feed.topic },
          'listing-rows.properties': { ...sink, name: rows, topics: rows },
        },
        env: { PGPASSWORD: postgres.password },
      },
      signal,
    )
    const equal = async (): Promise<void> => {
      const deadline = performance.now() + EQUAL_MS
      for (;;) {
        const tables = await Promise.all(TABLES.map((table) => tableRows(postgres, url, table)))
        const problems = tables.flatMap((table) => compare(feed, table))
        if (problems.length === 0) return
        await connect.requireHealthy(signal)
        if (performance.now() > deadline) expect(problems.slice(0, 10)).toEqual([])
        await sleep(200)
      }
    }
    await equal()

    listings.apply({ action: 'prices', count: 7 })
    listings.apply({ action: 'new', count: 3 })
    listings.changeMetadata({ action: 'add', name: 'EvoSauna', type: 'Boolean', nullRate: 1 })
    listings.apply({ action: 'set', keys: feed.keys().slice(0, 4), fields: { EvoSauna: true } })
    await feed.done('update')
    listings.apply({ action: 'remove', count: 5 })
    await feed.done('purge')
    await equal()
  },
  DEADLINE_MS,
)

/** By key; dates and times as text, lists as lists. */
async function tableRows(
  postgres: TestPostgres,
  url: string,
  table: string,
): Promise<ReadonlyMap<string, Row>> {
  const rows = await postgres.query<{ readonly row: Row }>(url, `SELECT to_jsonb(t) AS row FROM "${table}" t`)
  return new Map(rows.map(({ row }) => [String(row['ListingKey']), row]))
}

/** What the table says otherwise than the source, in words. */
function compare(feed: LiveFeed, rows: ReadonlyMap<string, Row>): readonly string[] {
  const { listings: truth } = feed.simulator.truth()
  const fields = sourceFields(LISTINGS, feed.simulator.listings)
  const problems = [...rows.keys()].filter((key) => !truth.has(key)).map((key) => `${key}: a ghost`)
  for (const [key, source] of truth) {
    const row = rows.get(key)
    if (row === undefined) {
      problems.push(`${key}: missing`)
      continue
    }
    for (const [name, value] of Object.entries(source)) {
      const field = fields.get(name)
      if (value === null || value === '********' || BESIDE.has(name)) continue
      if (field === undefined || 'fields' in field) continue
      const expected = typedValue(field, value)
      const shown = valueIn(row, name, field)
      if (JSON.stringify(shown) !== JSON.stringify(expected)) {
        problems.push(`${key}: ${name} is ${JSON.stringify(shown)}, not ${JSON.stringify(expected)}`)
      }
    }
    for (const [column, value] of Object.entries(row)) {
      const known = source[column] ?? source[column.replace(/_2$/, '')] ?? null
      if (value !== null && known === null && !OWN_COLUMNS.has(column)) {
        problems.push(`${key}: ${column} is not at the source`)
      }
    }
  }
  return problems
}

/** Lists are arrays of one table and JSON text of the other; of two names that differ in case alone, one has a number. */
function valueIn(row: Row, name: string, { type, multiSelect }: ValueField): unknown {
  const value = row[name] ?? row[`${name}_2`] ?? undefined
  if (typeof value !== 'string') return value
  if (multiSelect) return JSON.parse(value)
  return type === 'Datetime' ? Date.parse(`${value}Z`) : value
}
