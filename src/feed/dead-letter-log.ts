/** What the topic `dead-letters` says: which records wait there, and which of them are settled. */
import { gunzipSync } from 'node:zlib'

import type { KafkaCluster } from '../kafka/cluster.ts'
import { readWholeTopic, type KafkaRecord } from '../kafka/read-topic.ts'
import { instant, type Instant } from '../domain/instant.ts'
import { parseRecordKey, type RecordKey } from '../domain/record-key.ts'
import { ListingstreamError } from '../support/errors.ts'
import { textOfBytes } from '../support/utf8-text.ts'
import { TopicError } from './topic-error.ts'
import type { TopicNames } from './topic-names.ts'
import { LETTER_HEADERS } from '../events/header-names.ts'

/** The last letter of a key, without its body. */
export interface DeadLetterSummary {
  /** Of the data topic that it could not be published to. */
  readonly topic: string
  /** The record's key; where it has none, the digest of its JSON. */
  readonly name: string
  /** Null if the record has none: it cannot be asked for again. */
  readonly key: RecordKey | null
  readonly reason: string
  readonly passId: string
  /** When it was written, by the clock of the process that did. */
  readonly at: Instant
  /** Of the record's JSON. */
  readonly bytes: number
  /** Offset of its first part. */
  readonly offset: number
  /** When a tombstone settled it; null if it still waits. */
  readonly settledAt: Instant | null
}

export interface DeadLetterBody {
  readonly offset: number
  /** The record's JSON as it came; of a record that could not be read, whatever came. */
  readonly json: string
}

interface Part {
  /** `<topic>/<name>`, without the part. */
  readonly id: string
  readonly topic: string
  readonly name: string
  /** From 1; null in the key of an only part. */
  readonly number: number | null
}

interface OpenLetter {
  readonly summary: Omit<DeadLetterSummary, 'bytes' | 'settledAt'>
  readonly parts: number
  readonly chunks: Buffer[]
}

/**
 * The letters as they come whole, read in the topic's order: a letter's parts lie side by side. A later letter of a key
 * replaces the earlier one; a tombstone of its only or first part settles it. Parts without the first are what is left of
 * an outlived letter.
 */
export class DeadLetterReader {
  readonly #topic: string
  readonly #letters = new Map<string, DeadLetterSummary>()
  #reading: { readonly id: string; readonly letter: OpenLetter } | undefined

  /** @param topic for messages */
  constructor(topic: string) {
    this.#topic = topic
  }

  /** Answers the body of the letter that the record completes. */
  take(record: KafkaRecord): DeadLetterBody | undefined {
    const part = parsePart(record.key?.toString('utf8') ?? '')
    if (part === undefined) throw this.#foreign(record)
    if (record.value === null) {
      this.#settle(part, instant(record.timestamp))
      return undefined
    }
    const letter = this.#continued(part, record)
    if (letter === undefined) return undefined
    // The buffers of a batch share one block, which would be held as a whole.
    letter.chunks.push(Buffer.from(record.value))
    if (letter.chunks.length < letter.parts) return undefined
    this.#reading = undefined
    const body = this.#unzip(record, letter.chunks)
    // Later letters come last.
    this.#letters.delete(part.id)
    this.#letters.set(part.id, { ...letter.summary, bytes: body.length, settledAt: null })
    return { offset: letter.summary.offset, json: textOfBytes(body) }
  }

  /** The last letter of each key, oldest first. */
  letters(): readonly DeadLetterSummary[] {
    return [...this.#letters.values()]
  }

  #settle({ id, number }: Part, settledAt: Instant): void {
    const letter = this.#letters.get(id)
    if (letter === undefined || letter.settledAt !== null || (number ?? 1) !== 1) return
    this.#letters.set(id, { ...letter, settledAt })
  }

  /** The letter that the part belongs to; undefined if its earlier parts are gone. */
  #continued(part: Part, record: KafkaRecord): OpenLetter | undefined {
    if ((part.number ?? 1) === 1) {
      const letter = this.#begun(part, record)
      this.#reading = { id: part.id, letter }
      return letter
    }
    if (this.#reading?.id !== part.id) return undefined
    const { letter } = this.#reading
    const follows = letter.chunks.length + 1 === part.number
    const adjoins = letter.summary.offset + letter.chunks.length === record.offset
    return follows && adjoins ? letter : undefined
  }

  #begun({ topic, name }: Part, record: KafkaRecord): OpenLetter {
    const [reason, passId, parts] = [LETTER_HEADERS.reason, LETTER_HEADERS.passId, LETTER_HEADERS.parts].map(
      (header) => record.headers[header]?.toString('utf8'),
    )
    const keyText = record.headers[LETTER_HEADERS.recordKey]?.toString('utf8') ?? name
    const key = keyText === '' ? null : parseRecordKey(keyText)
    const count = Number(parts)
    if (reason === undefined || passId === undefined || key === undefined) throw this.#foreign(record)
    if (!Number.isSafeInteger(count) || count < 1) throw this.#foreign(record)
    const at = instant(record.timestamp)
    return {
      summary: { topic, name, key, reason, passId, at, offset: record.offset },
      parts: count,
      chunks: [],
    }
  }

  #unzip(record: KafkaRecord, chunks: readonly Buffer[]): Buffer {
    try {
      return gunzipSync(Buffer.concat(chunks))
    } catch (cause) {
      throw this.#foreign(record, cause)
    }
  }

  #foreign({ offset }: KafkaRecord, cause?: unknown): ListingstreamError {
    return new ListingstreamError(
      `Topic ${this.#topic}, offset ${offset} holds a record that this program did not write. Nothing else may write to the topics of a feed; find the other writer.`,
      { code: 'TOPIC_FOREIGN_RECORD', retryable: false, disposition: 'stop', cause },
    )
  }
}

/** Undefined if it is no key of a dead letter; neither topics nor record keys have a slash. */
function parsePart(key: string): Part | undefined {
  const found = /^([^/]+)\/([^/]+)(?:\/([1-9]\d{0,8}))?$/.exec(key)
  const [, topic, name, number] = found ?? []
  if (topic === undefined || name === undefined) return undefined
  return { id: `${topic}/${name}`, topic, name, number: number === undefined ? null : Number(number) }
}

export interface DeadLetterLogOptions {
  readonly cluster: KafkaCluster
  readonly names: TopicNames
}

/**
 * The last letter of each key, settled ones too, as of now: reads the topic, read-committed, from its beginning. Memory
 * follows the number of letters and the largest of them. `onBody` is told of every letter that comes whole.
 *
 * @throws {TopicError} exit code 2, if the topic does not exist
 */
export async function readDeadLetters(
  { cluster, names }: DeadLetterLogOptions,
  onBody: (body: DeadLetterBody) => void,
  signal: AbortSignal,
): Promise<readonly DeadLetterSummary[]> {
  const topic = names.deadLetters
  if (!(await cluster.describeTopics([topic], signal)).has(topic)) {
    throw new TopicError(
      `Topic ${topic} does not exist. Check TOPIC_PREFIX and KAFKA_BROKERS; "listingstream snapshot" makes it.`,
      'TOPIC_MISSING',
    )
  }
  const reader = new DeadLetterReader(topic)
  for await (const { records } of readWholeTopic(cluster, topic, signal)) {
    for (const record of records) {
      const body = reader.take(record)
      if (body !== undefined) onBody(body)
    }
  }
  return reader.letters()
}

/** Those that wait, oldest first. @throws {TopicError} exit code 2, if the topic does not exist */
export async function readWaitingLetters(
  options: DeadLetterLogOptions,
  signal: AbortSignal,
): Promise<readonly DeadLetterSummary[]> {
  const letters = await readDeadLetters(options, () => undefined, signal)
  return letters.filter(({ settledAt }) => settledAt === null)
}
