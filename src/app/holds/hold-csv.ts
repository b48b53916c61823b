/** All keys of a hold as CSV, a line each, as they are read. */
import type { HeldKey, StandingHold } from '../../domain/hold.ts'
import { formatInstant, type Instant } from '../../domain/instant.ts'
import type { ListedResource } from '../../domain/resource.ts'
import { factsOf, type Facts } from '../passes/delete-preview.ts'
import type { FeedReader } from '../compose/feed-reader.ts'
import { csvLine, type Cell } from '../reports/csv.ts'

/** Their events are looked up together: fewer, and a scattered topic would be read for each thousand. */
const KEYS_AT_ONCE = 20_000

const COLUMNS = ['key', 'mlsId', 'reason', 'evidence', 'provedAt', 'lastChangedAt', 'lastSeenAt'] as const

/** The columns' names. */
export function headerLine({ facts }: ListedResource): string {
  return csvLine([...COLUMNS, ...facts.map(({ name }) => name)])
}

/** The line of headings first. Memory holds so many keys as are looked up together (R14). */
export async function* holdLines(
  { cluster, names, writerSchemas: schemas, holdLog }: FeedReader,
  resource: ListedResource,
  standing: StandingHold,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const columns = resource.facts.map(({ name }) => name)
  yield headerLine(resource)
  const source = { cluster, topic: names.data(resource), resource, schemas }
  for await (const keys of gathered(holdLog.keys(standing, signal))) {
    const facts = await factsOf(source, keys, signal)
    for (const held of keys) yield csvLine(cellsOf(held, facts.get(held.key), columns))
  }
}

async function* gathered(
  chunks: AsyncIterable<readonly HeldKey[]>,
): AsyncGenerator<readonly HeldKey[], void, undefined> {
  let keys: HeldKey[] = []
  for await (const chunk of chunks) {
    keys.push(...chunk)
    if (keys.length < KEYS_AT_ONCE) continue
    yield keys
    keys = []
  }
  if (keys.length > 0) yield keys
}

function cellsOf(
  { key, mlsId, proof, lastModificationTimestamp, lastSeenAt }: HeldKey,
  facts: Facts | undefined,
  columns: readonly string[],
): readonly Cell[] {
  const time = (at: Instant | null | undefined): Cell =>
    at === null || at === undefined ? null : formatInstant(at)
  return [
    key,
    mlsId,
    proof?.reason ?? null,
    proof?.evidence ?? null,
    time(proof?.at),
    time(lastModificationTimestamp),
    time(lastSeenAt),
    ...columns.map((name) => facts?.[name] ?? null),
  ]
}
