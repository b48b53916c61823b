import { parseDigest } from '../domain/content.ts'
import { instant, type Instant } from '../domain/instant.ts'
import type { ChangeStamps, ResourceDescription } from '../domain/resource.ts'
import { HEADERS } from '../events/header-names.ts'
import { NAMESPACE } from '../events/registry/subject-name.ts'
import { HeaderFinder } from '../kafka/header-finder.ts'
import type { LogRecord } from '../kafka/read-topic.ts'
import { parseHeaders, type HeaderFacts } from './record-headers.ts'

const NAMES = [
  HEADERS.digest,
  HEADERS.modificationTimestamp,
  HEADERS.observedAt,
  HEADERS.changeStamps,
  HEADERS.mlsId,
  HEADERS.type,
  HEADERS.maskedFields,
] as const
const [DIGEST, MODIFIED, OBSERVED, STAMPS, MLS_ID, TYPE, MASKED] = [0, 1, 2, 3, 4, 5, 6] as const

const COMMA = 0x2c
const ZERO = 0x30
const NINE = 0x39
/** More fields than that no record has. */
const MOST_COUNT_DIGITS = 9
/** So many digits are exact, and an instant. */
const MOST_DIGITS = 15

/**
 * What `parseHeaders` says of a record's headers, read from where they lie in the fetched block: no text is made of a number,
 * and nothing of the headers that tell nothing of a key. Whatever is not in the usual form goes to `parseHeaders` itself.
 */
export class HeaderFactsReader {
  readonly #resource: ResourceDescription
  readonly #stampNames: readonly string[]
  readonly #deletedType: Buffer
  readonly #finder = new HeaderFinder(NAMES)

  constructor(resource: ResourceDescription) {
    this.#resource = resource
    this.#stampNames = resource.changeStamps.map(({ name }) => name)
    this.#deletedType = Buffer.from(`${NAMESPACE}.${resource.events.deleted}`)
  }

  /** Undefined if the headers are not those that this program writes. @throws {KafkaError} KAFKA_BATCH_DAMAGED */
  read(record: LogRecord): HeaderFacts | undefined {
    this.#finder.find(record)
    return this.#usual() ?? parseHeaders(textsOf(record), this.#resource)
  }

  #usual(): HeaderFacts | undefined {
    const finder = this.#finder
    const { bytes } = finder
    if (finder.startOf(DIGEST) < 0 || finder.startOf(MLS_ID) < 0) return undefined
    const digest = parseDigest(bytes.toString('latin1', finder.startOf(DIGEST), finder.endOf(DIGEST)))
    const modificationTimestamp = readMillis(bytes, finder.startOf(MODIFIED), finder.endOf(MODIFIED))
    const observedAt = readMillis(bytes, finder.startOf(OBSERVED), finder.endOf(OBSERVED))
    const changeStamps = this.#readStamps()
    const masked = readCount(bytes, finder.startOf(MASKED), finder.endOf(MASKED))
    if (digest === undefined || modificationTimestamp === undefined || changeStamps === undefined)
      return undefined
    if (observedAt === undefined || observedAt === null) return undefined
    const mlsId = bytes.toString('utf8', finder.startOf(MLS_ID), finder.endOf(MLS_ID))
    return {
      digest,
      modificationTimestamp,
      observedAt,
      changeStamps,
      mlsId: mlsId === '' ? null : mlsId,
      masked,
      deleted: this.#isDeleted(),
    }
  }

  /** One for each name, in their order. */
  #readStamps(): ChangeStamps | undefined {
    const { bytes } = this.#finder
    const end = this.#finder.endOf(STAMPS)
    let at = this.#finder.startOf(STAMPS)
    if (at < 0) return undefined
    const stamps: Record<string, Instant | null> = {}
    for (const name of this.#stampNames) {
      let until = at
      while (until < end && bytes[until] !== COMMA) until += 1
      const stamp = at > end ? undefined : readMillis(bytes, at, until)
      if (stamp === undefined) return undefined
      stamps[name] = stamp
      at = until + 1
    }
    // Without names, the empty text is one stamp too many.
    return at === end + 1 ? stamps : undefined
  }

  #isDeleted(): boolean {
    const start = this.#finder.startOf(TYPE)
    const length = this.#finder.endOf(TYPE) - start
    return (
      start >= 0 &&
      length === this.#deletedType.length &&
      this.#finder.bytes.compare(this.#deletedType, 0, length, start, start + length) === 0
    )
  }
}

/** Undefined for none, and for anything but some digits. */
function readCount(bytes: Buffer, start: number, end: number): number | undefined {
  return end - start > MOST_COUNT_DIGITS ? undefined : (readMillis(bytes, start, end) ?? undefined)
}

/** Null for none at all; undefined for anything but some digits. */
function readMillis(bytes: Buffer, start: number, end: number): Instant | null | undefined {
  if (start < 0 || end - start > MOST_DIGITS) return undefined
  if (start === end) return null
  let value = 0
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte < ZERO || byte > NINE) return undefined
    value = 10 * value + (byte - ZERO)
  }
  return instant(value)
}

function textsOf({ headers }: LogRecord): ReadonlyMap<string, string> {
  return new Map(Object.entries(headers).map(([name, value]) => [name, value.toString('utf8')]))
}
