import { runCommand } from '../../src/stack/run-command.ts'
import { testStack } from './test-stack.ts'

/** A record as Kafka's own console consumer shows it. */
export interface ConsumedRecord {
  readonly partition: number
  readonly offset: number
  readonly headers: Readonly<Record<string, Buffer | null>>
  readonly key: Buffer | null
  /** `null` is a tombstone. */
  readonly value: Buffer | null
}

export interface ReadTopicOptions {
  /** Reads on until there are at least so many, or gives up after some attempts. @default 0 */
  readonly atLeast?: number
  /** The topic has ended when nothing came for this long. @default 4000 */
  readonly quietMs?: number
  /** @default 'read_committed' */
  readonly isolation?: 'read_committed' | 'read_uncommitted'
}

// The formatter escapes every byte outside printable ASCII, so these never occur in what it shows.
const fieldEnd = '\t'
const headerEnd = '\u0001'
// Shown through the deserializer, so it could be data; none of ours is this.
const nullText = '(null of the read-topic helper)'
const backslash = 92
const bytes = 'org.apache.kafka.common.serialization.BytesDeserializer'
const attempts = 4
const timeoutMs = 120_000
/** Tens of thousands of listings, escaped. */
const maxOutputBytes = 256 * 1024 * 1024

/** All records of a topic, by partition and offset, read from its beginning by a client that is not ours. */
export async function readTopic(
  topic: string,
  options: ReadTopicOptions,
  signal: AbortSignal,
): Promise<ConsumedRecord[]> {
  const { atLeast = 0, quietMs = 4_000 } = options
  let records: ConsumedRecord[] = []
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    records = await readOnce(topic, quietMs * attempt, options.isolation ?? 'read_committed', signal)
    if (records.length >= atLeast) break
  }
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset)
}

async function readOnce(
  topic: string,
  quietMs: number,
  isolation: string,
  signal: AbortSignal,
): Promise<ConsumedRecord[]> {
  const { command, bootstrap } = testStack().consoleConsumer
  const [file, ...before] = command
  const format = {
    'print.partition': 'true',
    'print.offset': 'true',
    'print.headers': 'true',
    'print.key': 'true',
    'key.separator': fieldEnd,
    'headers.separator': headerEnd,
    'null.literal': nullText,
    'key.deserializer': bytes,
    'value.deserializer': bytes,
    'headers.deserializer': bytes,
  }
  const formatting = Object.entries(format).flatMap(([name, value]) => [
    '--formatter-property',
    `${name}=${value}`,
  ])
  const reading = ['--bootstrap-server', bootstrap, '--topic', topic, '--from-beginning']
  const until = ['--isolation-level', isolation, '--timeout-ms', String(quietMs)]
  const args = [...before, ...reading, ...until, ...formatting]
  const result = await runCommand(file, args, { timeoutMs, maxOutputBytes }, signal)
  // The end of the topic shows as a time-out of the consumer; it still says how many it has processed.
  if (!result.stderr.includes('Processed a total of')) {
    throw new Error(`The console consumer failed: ${result.stderr.slice(0, 2_000)}`)
  }
  return (
    result.stdout
      .split('\n')
      // It logs to the same stream.
      .filter((line) => line.startsWith('Partition:'))
      .map(parseConsoleLine)
  )
}

/** One line of the console consumer, in the format asked for above. */
export function parseConsoleLine(line: string): ConsumedRecord {
  const fields = line.split(fieldEnd)
  const [partition, offset, headers, key, value] = fields
  if (fields.length !== 5 || headers === undefined || key === undefined || value === undefined) {
    throw new Error(`Not a line of the console consumer: ${JSON.stringify(line)}`)
  }
  return {
    partition: numberAfter('Partition:', partition),
    offset: numberAfter('Offset:', offset),
    headers: parseHeaders(headers),
    key: unescapeBytes(key),
    value: unescapeBytes(value),
  }
}

function parseHeaders(text: string): Record<string, Buffer | null> {
  if (text === 'NO_HEADERS') return {}
  const pairs = text.split(headerEnd).map((pair) => {
    const colon = pair.indexOf(':')
    return [pair.slice(0, colon), unescapeBytes(pair.slice(colon + 1))] as const
  })
  return Object.fromEntries(pairs)
}

function numberAfter(label: string, field: string | undefined): number {
  if (field?.startsWith(label) !== true) throw new Error(`Expected ${label}, got ${JSON.stringify(field)}`)
  return Number(field.slice(label.length))
}

/** The inverse of Kafka's `Bytes.toString()`: printable ASCII as it is, all else and the backslash as `\xNN`. */
function unescapeBytes(text: string): Buffer | null {
  if (text === nullText) return null
  const found = Buffer.allocUnsafe(text.length)
  let length = 0
  // Not a replacement by pattern: half of a listing's bytes are escaped, and there may be thousands of listings.
  for (let i = 0; i < text.length; i += 1) {
    let byte = text.charCodeAt(i)
    if (byte === backslash) {
      byte = Number.parseInt(text.slice(i + 2, i + 4), 16)
      i += 3
    }
    found[length] = byte
    length += 1
  }
  return found.subarray(0, length)
}
