/** Asking the source about single keys: whether they are gone or out of scope (R9 b), and what their records now say (R6). */
import type { DeletionEvidence } from '../domain/change.ts'
import type { Instant } from '../domain/instant.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { ListedResource } from '../domain/resource.ts'
import type { SourceRecord } from '../domain/source-record.ts'
import { WitnessLostError } from './pass-errors.ts'
import type { KeysAnswer, OneAnswer, Source } from './ports.ts'

/** SparkQL takes so many values in a list (docs/spark-api.md §2.7). */
const MOST_VALUES = 200

/** What one answer can show must be all that was asked for (R9 b); one place is left for the witness. */
export function keysPerQuestion({ maxLimit }: ListedResource): number {
  return Math.min(MOST_VALUES, maxLimit) - 1
}

/** Single records are asked for a few at a time. */
const AT_ONCE = 4

export type Fate =
  | {
      /** `out_of_scope`: the source has it, and the filter of the scope does not show it. */
      readonly kind: 'gone' | 'out_of_scope'
      readonly evidence: DeletionEvidence
      readonly request: number
      /** The answer's. */
      readonly serverDate: Instant | null
      readonly receivedAt: Instant
    }
  | { readonly kind: 'present' }
  | { readonly kind: 'inconclusive' }

export type FateKind = Fate['kind']

/**
 * What a list query says of the keys asked for. Undefined if it proves nothing: without the witness, which a walk has
 * just shown, the filter may have been dropped or the view lost; with a key that nobody asked for, it was not applied.
 */
export function judgeListAnswer(
  answer: KeysAnswer,
  keys: readonly RecordKey[],
  witness: RecordKey,
): ReadonlyMap<RecordKey, Fate> | undefined {
  if (answer.kind !== 'answered') return undefined
  const shown = new Set(answer.records.map((record) => record.key))
  const asked = new Set(keys).add(witness)
  if (!shown.has(witness) || [...shown].some((key) => !asked.has(key))) return undefined
  const gone: Fate = {
    kind: 'gone',
    evidence: 'LIST_QUERY',
    request: answer.request,
    serverDate: answer.serverDate,
    receivedAt: answer.receivedAt,
  }
  return new Map(keys.map((key) => [key, shown.has(key) ? { kind: 'present' } : gone]))
}

/** The fate of at most `keysPerQuestion` keys that a walk of the scope did not show; `witness` is one that it did. */
export async function askFates(
  source: Source,
  resource: ListedResource,
  keys: readonly RecordKey[],
  witness: RecordKey | undefined,
  signal: AbortSignal,
): Promise<ReadonlyMap<RecordKey, Fate>> {
  const fates = await askWhetherGone(source, resource, keys, witness, signal)
  const present = keys.filter((key) => fates.get(key)?.kind === 'present')
  if (resource.scope.filter === '' || present.length === 0) return fates
  return new Map([...fates, ...(await askWhetherInScope(source, resource, present, witness, signal))])
}

/** Of keys that the source has: only a list query takes the filter, and only with a witness does it prove anything. */
async function askWhetherInScope(
  source: Source,
  resource: ListedResource,
  keys: readonly RecordKey[],
  witness: RecordKey | undefined,
  signal: AbortSignal,
): Promise<ReadonlyMap<RecordKey, Fate>> {
  const unknown = new Map(keys.map((key): readonly [RecordKey, Fate] => [key, { kind: 'inconclusive' }]))
  if (witness === undefined) return unknown
  const answer = await source.findByKeys(resource, [...keys, witness], 'keys', 'scope', signal)
  const fates = judgeListAnswer(answer, keys, witness) ?? unknown
  return new Map(
    [...fates].map(([key, fate]) => [key, fate.kind === 'gone' ? { ...fate, kind: 'out_of_scope' } : fate]),
  )
}

/** By a list query with a witness, else one by one. */
async function askWhetherGone(
  source: Source,
  resource: ListedResource,
  keys: readonly RecordKey[],
  witness: RecordKey | undefined,
  signal: AbortSignal,
): Promise<ReadonlyMap<RecordKey, Fate>> {
  if (witness !== undefined) {
    const answer = await source.findByKeys(resource, [...keys, witness], 'keys', 'source', signal)
    const fates = judgeListAnswer(answer, keys, witness)
    if (fates !== undefined) return fates
  }
  const fates = new Map<RecordKey, Fate>()
  for await (const [key, answer] of askEach(source, resource, keys, signal)) {
    fates.set(key, fateOf(answer))
  }
  const isAnyGone = [...fates.values()].some(({ kind }) => kind === 'gone')
  if (witness === undefined || !isAnyGone) return fates
  return (await isStillShown(source, resource, witness, signal)) ? fates : new Map(withoutProof(fates))
}

/**
 * A 404 proves as little as a list without its witness if the witness has one, too.
 *
 * @returns false where the source does not say
 * @throws {WitnessLostError} if it is gone
 */
async function isStillShown(
  source: Source,
  resource: ListedResource,
  witness: RecordKey,
  signal: AbortSignal,
): Promise<boolean> {
  const { kind } = await source.findOne(resource, witness, signal)
  if (kind === 'gone') throw new WitnessLostError(resource.name, witness)
  return kind === 'found'
}

function* withoutProof(fates: ReadonlyMap<RecordKey, Fate>): Generator<readonly [RecordKey, Fate]> {
  for (const [key, fate] of fates) yield [key, fate.kind === 'gone' ? { kind: 'inconclusive' } : fate]
}

export interface FoundRecords {
  readonly records: readonly SourceRecord[]
  readonly request: number
  readonly serverDate: Instant | null
  readonly receivedAt: Instant
}

/** Whole records of at most `keysPerQuestion` keys, by a list query; `refused` also if the source does not apply the filter. */
export async function findListed(
  source: Source,
  resource: ListedResource,
  keys: readonly RecordKey[],
  signal: AbortSignal,
): Promise<FoundRecords | 'refused' | 'spoiled'> {
  const asked = new Set(keys)
  const answer = await source.findByKeys(resource, keys, 'everything', 'scope', signal)
  if (answer.kind !== 'answered') return answer.kind
  return answer.records.every((record) => asked.has(record.key)) ? answer : 'refused'
}

/** Whole records of those keys that the source shows, one request each. */
export async function* findEach(
  source: Source,
  resource: ListedResource,
  keys: readonly RecordKey[],
  signal: AbortSignal,
): AsyncGenerator<FoundRecords, void, undefined> {
  for await (const [, one] of askEach(source, resource, keys, signal)) {
    if (one.kind === 'found') {
      const { record, request, serverDate, receivedAt } = one
      yield { records: [record], request, serverDate, receivedAt }
    }
  }
}

async function* askEach(
  source: Source,
  resource: ListedResource,
  keys: readonly RecordKey[],
  signal: AbortSignal,
): AsyncGenerator<readonly [RecordKey, OneAnswer], void, undefined> {
  for (let start = 0; start < keys.length; start += AT_ONCE) {
    const some = keys.slice(start, start + AT_ONCE)
    yield* await Promise.all(
      some.map(async (key) => [key, await source.findOne(resource, key, signal)] as const),
    )
  }
}

function fateOf(answer: OneAnswer): Fate {
  switch (answer.kind) {
    case 'gone':
      return { ...answer, evidence: 'HTTP_404' }
    case 'found':
      return { kind: 'present' }
    case 'inconclusive':
      return { kind: 'inconclusive' }
  }
}
