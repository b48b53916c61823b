import type { ResourceDescription } from '../domain/resource.ts'
import type { StateCodec } from '../feed/state-codec.ts'
import type { TopicNames } from '../feed/topic-names.ts'
import type { RowCodec } from '../events/rows/row-codec.ts'
import type { OutgoingRecord } from '../kafka/outgoing-record.ts'
import type { TransactionRequest } from '../replication/ports.ts'
import { InvariantViolation } from '../support/errors.ts'
import { deadLetterRecords, deadLetterTombstones } from './dead-letters.ts'
import { holdRecords } from './hold-records.ts'
import { rowsOf, type RowRecords } from './row-records.ts'
import { dataRecords, type ChangeCodec, type DataRecords } from './transaction-records.ts'

/** What of a transaction is encoded before it is opened, so that an open one waits for nothing but the broker. */
export interface TransactionDraft {
  readonly request: TransactionRequest
  /** Of the transaction; it stays the same when that is repeated. */
  readonly seq: number
  /** Of each part of the request, in order. */
  readonly data: readonly (DataRecords & { readonly resource: ResourceDescription })[]
  /** None without `ROW_TOPICS`. */
  readonly rows: readonly RowRecords[]
  readonly deadLetters: readonly OutgoingRecord[]
  readonly holds: readonly OutgoingRecord[]
}

export function draftOf(
  request: TransactionRequest,
  seq: number,
  context: {
    readonly names: TopicNames
    readonly eventCodec: ChangeCodec
    readonly rowCodec: Pick<RowCodec, 'row'> | undefined
    readonly stateCodec: Pick<StateCodec, 'heldKeys'>
    /** Of each data topic, by resource, and of each topic of rows, by its name. */
    readonly partitions: ReadonlyMap<string, number>
    /** See `PublisherOptions`. */
    readonly deadLetterBytes: number | undefined
  },
): TransactionDraft {
  const { names, eventCodec, rowCodec, stateCodec, partitions, deadLetterBytes } = context
  const { passId } = request.progress
  const transaction = { prefix: names.prefix, passId, seq }
  const resources = new Set(request.parts.map(({ resource }) => resource.name))
  if (resources.size < request.parts.length) {
    throw new InvariantViolation('One transaction has two parts of the same resource.')
  }
  const data = request.parts.map((part) => {
    const records = dataRecords(part, partitionsOf(part.resource.name, partitions), eventCodec, transaction)
    return { part, resource: part.resource, ...records }
  })
  return {
    request,
    seq,
    data,
    rows:
      rowCodec === undefined
        ? []
        : data.map(({ part, resource, ...records }) => {
            const count = partitionsOf(resource.rows.topic, partitions)
            return { resource, byPartition: rowsOf(part, records, count, rowCodec) }
          }),
    deadLetters: request.parts.flatMap(({ resource, deadLetters, settledLetters }) => [
      ...deadLetterRecords(resource, deadLetters, names, passId, deadLetterBytes),
      ...deadLetterTombstones(resource, settledLetters, names),
    ]),
    holds: request.holds === undefined ? [] : holdRecords(request.holds, stateCodec),
  }
}

export function partitionsOf(name: string, partitions: ReadonlyMap<string, number>): number {
  const count = partitions.get(name)
  if (count === undefined) throw new InvariantViolation(`The feed has no topic for ${name}.`)
  return count
}
