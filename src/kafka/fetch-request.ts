/**
 * The Fetch request, versions 4 to 11, with answers whose batches are left as they came: kafkajs decodes every header of
 * every record at once, and does not look at checksums. Layouts of https://kafka.apache.org/protocol, none of them flexible.
 */
import kafkajs from 'kafkajs'
import type { WireRequest } from 'kafkajs/src/cluster/index.js'
import { createErrorFromCode } from 'kafkajs/src/protocol/error.js'

import type { FetchedPartition } from './cursor.ts'
import { WireReader } from './wire-reader.ts'
import { wireRequest, type WireAnswer } from './wire-request.ts'

export const FETCH = 1
/** From 4 on answers are read committed, from 10 on they may hold zstd. From 12 on they would be flexible. */
export const FETCH_VERSIONS = { least: 4, most: 11 } as const

const ANY_REPLICA = -1
const READ_COMMITTED = 1
const NO_SESSION = { id: 0, epoch: -1 } as const
const UNKNOWN = -1
const OFFSET_OUT_OF_RANGE = 1

export interface FetchPlace {
  readonly topic: string
  readonly partition: number
  readonly position: number
  readonly maxBytes: number
}

export interface FetchLimits {
  readonly maxWaitMs: number
  readonly maxBytes: number
}

/**
 * Read committed; the broker fills its answer in the order of the places.
 *
 * The answer rejects with `KafkaJSOffsetOutOfRange` or another `KafkaJSProtocolError` if one partition has an error.
 */
export function fetchRequest(
  version: number,
  places: readonly FetchPlace[],
  limits: FetchLimits,
): WireRequest<readonly FetchedPartition[]> {
  return wireRequest(
    { key: FETCH, version, name: 'Fetch' },
    () => fetchBody(version, places, limits),
    (payload) => readAnswer(version, payload),
  )
}

function fetchBody(version: number, places: readonly FetchPlace[], limits: FetchLimits): Buffer {
  const parts = [
    int32(ANY_REPLICA),
    int32(limits.maxWaitMs),
    // As soon as there is anything.
    int32(1),
    int32(limits.maxBytes),
    Buffer.from([READ_COMMITTED]),
    ...(version >= 7 ? [int32(NO_SESSION.id), int32(NO_SESSION.epoch)] : []),
    int32(places.length),
    ...places.flatMap((place) => [text(place.topic), int32(1), partitionBody(version, place)]),
    // Nothing is forgotten of a session that there is not, and no rack is preferred.
    ...(version >= 7 ? [int32(0)] : []),
    ...(version >= 11 ? [text('')] : []),
  ]
  return Buffer.concat(parts)
}

function partitionBody(version: number, { partition, position, maxBytes }: FetchPlace): Buffer {
  return Buffer.concat([
    int32(partition),
    // The leader's epoch, which would fence off an old leader.
    ...(version >= 9 ? [int32(UNKNOWN)] : []),
    int64(position),
    // A follower's beginning of the log.
    ...(version >= 5 ? [int64(UNKNOWN)] : []),
    int32(maxBytes),
  ])
}

function readAnswer(version: number, payload: Buffer): WireAnswer<readonly FetchedPartition[]> {
  const from = new WireReader(payload)
  const throttleMs = from.int32()
  if (version >= 7) {
    requireSuccess(from.int16())
    // The session's id.
    from.int32()
  }
  const answers = from.list(() => {
    const topic = from.text()
    return from.list(() => readPartition(version, topic, from))
  })
  // Before version 8 the broker has waited itself (KIP-219).
  return { answers: answers.flat(), clientSideThrottleTime: version >= 8 ? throttleMs : 0 }
}

function readPartition(version: number, topic: string, from: WireReader): FetchedPartition {
  const partition = from.int32()
  requireSuccess(from.int16(), { topic, partition })
  // The high watermark.
  from.int64()
  const lastStableOffset = Number(from.int64())
  // The beginning of the log.
  if (version >= 5) from.int64()
  const aborted = from.list(() => ({ producerId: from.int64(), firstOffset: Number(from.int64()) }))
  // A replica that the broker prefers.
  if (version >= 11) from.int32()
  return { topic, partition, lastStableOffset, aborted, batches: from.block() }
}

function requireSuccess(code: number, place?: { readonly topic: string; readonly partition: number }): void {
  if (code === 0) return
  const error = createErrorFromCode(code)
  throw code === OFFSET_OUT_OF_RANGE && place !== undefined
    ? new kafkajs.KafkaJSOffsetOutOfRange(error, place)
    : error
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32BE(value)
  return bytes
}

function int64(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  const length = Buffer.allocUnsafe(2)
  length.writeInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}
