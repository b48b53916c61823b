import { formatInstant, instant } from '../../domain/instant.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import { EventError } from '../../events/event-error.ts'
import { HEADERS } from '../../events/header-names.ts'
import type { KafkaRecord } from '../../kafka/read-topic.ts'
import type { Change, ChangePlace } from './change.ts'
import type { ChangeRecords } from './record-folder.ts'

/** A value of a topic, with the name of its Avro record. Errors are those of `decodeValue`. */
export type ReadValue = (
  bytes: Uint8Array,
  signal: AbortSignal,
) => Promise<{ readonly name: string; readonly value: unknown }>

interface Facts extends ChangePlace {
  readonly key: string
  readonly id: string
  readonly timestamp: string
  readonly observedAt: string
}

/** @throws {EventError} EVENT_UNREADABLE if it is none; what `readValue` throws */
export async function readChange(
  { topic, partition }: Pick<ChangePlace, 'topic' | 'partition'>,
  { record, nextOffset }: ChangeRecords,
  { events }: ResourceDescription,
  readValue: ReadValue,
  signal: AbortSignal,
): Promise<Change> {
  const facts: Facts = {
    key: keyOf(record),
    topic,
    partition,
    offset: record.offset,
    nextOffset,
    id: header(record, HEADERS.id),
    timestamp: formatInstant(record.timestamp),
    observedAt: formatInstant(millis(header(record, HEADERS.observedAt), HEADERS.observedAt)),
  }
  if (record.value === null) return deletion(facts, null, record)
  const { name, value } = await readValue(record.value, signal)
  if (name === events.upserted) return { type: 'upserted', ...facts, event: value }
  if (name === events.deleted) return deletion(facts, value, record)
  throw new EventError(`It is a ${name}, which is no event of this topic. A newer version may know it.`)
}

function deletion(facts: Facts, event: unknown, record: KafkaRecord): Change {
  const modified = header(record, HEADERS.modificationTimestamp)
  return {
    type: 'deleted',
    ...facts,
    event,
    deletedAt: header(record, HEADERS.time),
    lastModificationTimestamp:
      modified === '' ? null : formatInstant(millis(modified, HEADERS.modificationTimestamp)),
  }
}

function keyOf({ key }: KafkaRecord): string {
  if (key === null) throw new EventError('It has no key: some other program wrote it.')
  return key.toString('utf8')
}

function header({ headers }: KafkaRecord, name: string): string {
  const text = headers[name]?.toString('utf8')
  if (text === undefined) throw new EventError(`It has no header ${name}: some other program wrote it.`)
  return text
}

function millis(text: string, name: string): number {
  if (!/^-?\d{1,16}$/.test(text))
    throw new EventError(`Its header ${name} is no time: ${JSON.stringify(text)}.`)
  try {
    return instant(Number(text))
  } catch (cause) {
    throw new EventError(`Its header ${name} is no time: ${JSON.stringify(text)}.`, { cause })
  }
}
