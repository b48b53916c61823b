/** Whether the source has a key now. */
import { z } from 'zod'

import { formatInstant } from '../../domain/instant.ts'
import type { RecordKey } from '../../domain/record-key.ts'
import {
  isSubresource,
  type ListedResource,
  type Replicated,
  type Subresource,
} from '../../domain/resource.ts'
import type { Source } from '../../replication/ports.ts'
import { InvariantViolation } from '../../support/errors.ts'

/**
 * `out_of_scope`: it has the record, and the feed's filter does not show it; `gone`: 404; `inconclusive`, `refused` and
 * `failed` say nothing of the record.
 */
export const SOURCE_ANSWER = z.object({
  kind: z.enum(['shown', 'out_of_scope', 'gone', 'inconclusive', 'refused', 'failed']),
  /** Of the record that it shows; null where it says none. */
  modificationTimestamp: z.iso.datetime().nullable(),
  /** Of a set. */
  parts: z.number().nullable(),
  /** In words, where it is no plain answer. */
  why: z.string().nullable(),
})
export type SourceAnswer = z.output<typeof SOURCE_ANSWER>

export type AskedSource = Pick<Source, 'findOne' | 'findByKeys' | 'sets'>

const PLAIN = { modificationTimestamp: null, parts: null, why: null }

/** One question, or two where there is a filter. @param resources that are replicated */
export async function askSource(
  source: AskedSource,
  resources: readonly ListedResource[],
  resource: Replicated,
  key: RecordKey,
  signal: AbortSignal,
): Promise<SourceAnswer> {
  return isSubresource(resource)
    ? askForSet(source, resources, resource, key, signal)
    : askForRecord(source, resource, key, signal)
}

async function askForRecord(
  source: AskedSource,
  resource: ListedResource,
  key: RecordKey,
  signal: AbortSignal,
): Promise<SourceAnswer> {
  const answer = await source.findOne(resource, key, signal)
  if (answer.kind === 'gone') return { ...PLAIN, kind: 'gone' }
  if (answer.kind === 'inconclusive') return { ...PLAIN, kind: 'inconclusive', why: answer.why }
  const { modificationTimestamp: stamp } = answer.record
  const shown = { ...PLAIN, modificationTimestamp: stamp === null ? null : formatInstant(stamp) }
  if (resource.scope.filter === '') return { ...shown, kind: 'shown' }
  const within = await source.findByKeys(resource, [key], 'keys', 'scope', signal)
  if (within.kind !== 'answered') return { ...shown, kind: 'shown', why: within.why }
  return { ...shown, kind: within.records.some((record) => record.key === key) ? 'shown' : 'out_of_scope' }
}

async function askForSet(
  source: AskedSource,
  resources: readonly ListedResource[],
  set: Subresource,
  key: RecordKey,
  signal: AbortSignal,
): Promise<SourceAnswer> {
  const parent = resources.find(({ name }) => name === set.parent)
  if (parent === undefined) throw new InvariantViolation(`${set.parent} is not replicated.`)
  for await (const answer of source.sets({ parent, set, keys: [key], purpose: 'question' }, signal)) {
    switch (answer.kind) {
      case 'found':
        return { ...PLAIN, kind: 'shown', parts: answer.parts.length }
      case 'missing':
        return { ...PLAIN, kind: 'gone', why: 'it does not show the record' }
      case 'refused':
      case 'failed':
        return { ...PLAIN, kind: answer.kind, why: answer.error.message }
    }
  }
  return { ...PLAIN, kind: 'inconclusive', why: 'it gave no answer for the set' }
}
