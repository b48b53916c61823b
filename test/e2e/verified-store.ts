import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

import type { ColumnType } from '../../src/consumer/rebuild/store.ts'
import type { CliExit } from '../fixtures/cli.ts'
import { runPython } from '../fixtures/python.ts'
import { testStack } from '../fixtures/test-stack.ts'
import type { LiveFeed } from './live-feed.ts'
import type { RebuiltStore } from './rebuilt-stores.ts'

/** A topic of a hundred thousand listings is read to its end. */
const PATIENCE_MS = 1_800_000

const LINE = z.discriminatedUnion('event', [
  z.object({ event: z.literal('finding'), resource: z.string(), key: z.string(), problem: z.string() }),
  z.object({
    event: z.literal('verdict'),
    resource: z.string(),
    proved: z.boolean(),
    keys: z.int().optional(),
    recordsRead: z.int().optional(),
    why: z.string().optional(),
  }),
])

export interface Verification {
  readonly code: number | null
  /** `resource key problem`, sorted. */
  readonly findings: readonly string[]
  /** Whether it is proved, by resource. */
  readonly proved: Readonly<Record<string, boolean>>
  /** Records of the topics, by resource. */
  readonly read: Readonly<Record<string, number>>
}

/** `verify --store`, as a program reads it. However long it takes. */
export async function verification(
  feed: LiveFeed,
  { to, settings }: Pick<RebuiltStore, 'to' | 'settings'>,
): Promise<Verification> {
  return told(await feed.start(['verify', '--store', to, '--json'], settings).exited)
}

/** The same of `verify --topic`. */
export async function topicVerification(feed: LiveFeed, ...args: readonly string[]): Promise<Verification> {
  return told(await feed.start(['verify', '--topic', '--json', ...args]).exited)
}

function told({ code, stdout, stderr }: CliExit): Verification {
  const text = stdout.trim()
  if (text === '') throw new Error(`verify ended with ${code}:\n${stderr}`)
  const lines = text.split('\n').map((line) => LINE.parse(JSON.parse(line)))
  const verdicts = lines.filter((line) => line.event === 'verdict')
  return {
    code,
    findings: lines
      .flatMap((line) => (line.event === 'finding' ? [`${line.resource} ${line.key} ${line.problem}`] : []))
      .sort(),
    proved: Object.fromEntries(verdicts.map(({ resource, proved }) => [resource, proved])),
    read: Object.fromEntries(verdicts.map(({ resource, recordsRead = 0 }) => [resource, recordsRead])),
  }
}

/** What the second implementation says of a resource: `listings: proved, 250 keys, …`. @param store undefined: of the topic */
export async function byPython(
  { topic, folder }: LiveFeed,
  resource: string,
  store: RebuiltStore | undefined,
  signal: AbortSignal,
): Promise<string> {
  const address = { ...testStack(), topicPrefix: topic.replace(/\.listings$/, '') }
  const of = store === undefined ? [] : [await givenToPython(folder, resource, store)]
  return runPython('verify_certificate.py', [resource, ...of], address, signal, PATIENCE_MS)
}

/** The file itself; of a server, its keys and digests. */
async function givenToPython(folder: string, resource: string, store: RebuiltStore): Promise<string> {
  const sqlite = /^sqlite:(.*)$/.exec(store.to)?.[1]
  if (sqlite !== undefined) return sqlite
  const table = tableOf(resource)
  const key = await keyColumnOf(store, table)
  const rows = await store.query(`SELECT "${key}" AS key, "ContentDigest" AS digest FROM "${table}"`)
  const file = join(folder, `${table}.tsv`)
  await writeFile(file, rows.map((row) => `${String(row['key'])}\t${String(row['digest'])}\n`).join(''))
  return file
}

export function tableOf(resource: string): string {
  return resource.replaceAll('-', '_')
}

export async function keyColumnOf(store: RebuiltStore, table: string): Promise<string> {
  const [row] = await store.query(
    `SELECT column_name FROM _listingstream_columns WHERE table_name = '${table}' AND position = 0`,
  )
  return String(row?.['column_name'])
}

/** Columns that hold content: all that a digest is taken of. */
export async function contentColumns(
  store: RebuiltStore,
  table: string,
): Promise<readonly { readonly name: string; readonly type: ColumnType }[]> {
  const rows = await store.query(
    `SELECT column_name, type FROM _listingstream_columns WHERE table_name = '${table}' AND field LIKE '%.%' AND field NOT LIKE 'headers.%' ORDER BY position`,
  )
  return rows.map((row) => ({ name: String(row['column_name']), type: row['type'] as ColumnType }))
}

/** SQL for another value than the one that is there; no listing is so old. */
export function flipped({ name, type }: { readonly name: string; readonly type: ColumnType }): string {
  const column = `"${name}"`
  switch (type) {
    case 'text':
      return `coalesce(${column}, '') || 'x'`
    case 'integer':
    case 'real':
      return `coalesce(${column}, 0) + 1`
    case 'boolean':
      return `NOT coalesce(${column}, (1 = 0))`
    case 'date':
      return `'1999-12-31'`
    case 'timestamp':
      return `'1999-12-31T00:00:00.000Z'`
    case 'json':
      return `'["flipped"]'`
  }
}

/** Keeps the rows with these keys; answers what puts them back, and takes away whatever has come since under their keys or others. */
export async function keepRows(
  store: RebuiltStore,
  table: string,
  keys: readonly string[],
): Promise<(...others: readonly string[]) => Promise<void>> {
  const key = await keyColumnOf(store, table)
  const kept = `kept_${table}`
  const within = (names: readonly string[]): string =>
    `"${key}" IN (${names.map((name) => `'${name}'`).join(', ')})`
  await store.change(`CREATE TABLE ${kept} AS SELECT * FROM "${table}" WHERE ${within(keys)}`)
  return (...others) =>
    store.change(
      `DELETE FROM "${table}" WHERE ${within([...keys, ...others])}; INSERT INTO "${table}" SELECT * FROM ${kept}; DROP TABLE ${kept}`,
    )
}
