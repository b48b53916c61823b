import { isUtf8 } from 'node:buffer'

import { NO_DIGEST, type Digest, type LooseValue } from '../../../domain/content.ts'
import { parseJsonValue } from '../../../domain/json-text.ts'
import type { JsonValue } from '../../../domain/json.ts'
import { recordKey, type RecordKey } from '../../../domain/record-key.ts'
import { instantOf, keyOf, MLS_FIELD, mlsIdOf } from '../../../domain/row-values.ts'
import type { CompiledEvent } from '../../schema/compiled-event.ts'
import { bytesOf, type ContentLimit } from '../content-encoder.ts'
import { CUSTOM_FIELDS_MEMBERS } from '../custom-fields.ts'
import { digestOf } from '../digest.ts'
import { Findings } from '../findings.ts'
import { unmappedNames, unmappedOf, volatileOf, type Projection } from '../projection.ts'
import { ContentOutput } from './content-output.ts'
import type { Member } from './members.ts'
import { planOf, type TranscoderPlan } from './plan.ts'
import { RecordWalk, type WalkFailure } from './record-walk.ts'

/**
 * Why a record was not taken. Of the walk: it is no JSON object in UTF-8, or nested too deep; a name is too long, or comes
 * twice; JavaScript has its members in another order. Then: it has no usable key; it cannot be published.
 */
export type DeclineReason = WalkFailure | 'unreadable' | 'unencodable'

const NO_KEY = recordKey('none')
const ID = 'Id'

/**
 * From the bytes of a record to those of its content, without objects between them, as far as that goes. The law: what it
 * answers is what `readRecord` and `AvroContentEncoder.encode` make of the same bytes, to the last of them, or it declines.
 *
 * What it knows of the record that it took last stands in its properties until the next call.
 */
export class RecordTranscoder {
  /** Undefined if it was taken: the other properties mean nothing if it was not. */
  declined: DeclineReason | undefined = undefined
  key: RecordKey = NO_KEY
  /** In milliseconds since 1970; NaN if it has none that can be read. */
  modificationTimestamp = Number.NaN
  mlsId: string | null = null
  /** In the order of the resource's `changeStamps`, NaN where it has none. Written over by the next call. */
  readonly stamps: Float64Array
  /** Where its content stands in what `takeOutput` will hand over. */
  start = 0
  end = 0
  digest: Digest = NO_DIGEST
  volatileFields: Readonly<Record<string, LooseValue>> = {}
  /** As in `EncodedContent`. */
  unmapped: readonly string[] = []

  readonly #projection: Projection
  readonly #plan: TranscoderPlan
  readonly #limit: ContentLimit
  readonly #walk: RecordWalk
  readonly #output = new ContentOutput()
  #bytes: Buffer = Buffer.alloc(0)

  /** Undefined if nothing can be encoded under this schema. */
  static of(event: CompiledEvent, limit: ContentLimit): RecordTranscoder | undefined {
    const plan = planOf(event)
    return plan && new RecordTranscoder(plan, event.projection, limit)
  }

  /** @param plan of the same schema as `projection` */
  constructor(plan: TranscoderPlan, projection: Projection, limit: ContentLimit) {
    const { keyField, stamp, changeStamps } = projection.resource
    this.#plan = plan
    this.#projection = projection
    this.#limit = limit
    this.stamps = new Float64Array(changeStamps.length)
    const watched = [
      ID,
      keyField,
      MLS_FIELD,
      ...changeStamps.map(({ field }) => field),
      ...CUSTOM_FIELDS_MEMBERS,
    ]
    this.#walk = new RecordWalk(plan, stamp === null ? watched : [...watched, stamp])
  }

  /**
   * Takes the record that begins at `at`, the brace itself, and appends its content to the output.
   *
   * @returns what is behind its last brace; -1 if it was declined (see `declined`), and then nothing is appended. Whatever
   *   the bytes are, it does not throw.
   */
  transcode(bytes: Buffer, at: number): number {
    this.#bytes = bytes
    this.declined = undefined
    const end = this.#walk.walk(bytes, at)
    if (end < 0) return this.#decline(this.#walk.failure)
    if (!isUtf8(bytes.subarray(at, end))) return this.#decline('malformed')
    if (!this.#takeKey()) return this.#decline('unreadable')
    this.#takeStamps()
    return this.#takeContent(end - at) ? end : this.#decline('unencodable')
  }

  /** A content that was made otherwise, of a record that was declined. */
  append(content: Uint8Array): void {
    this.#output.append(content)
  }

  /** All contents since the last call, one behind the other, in memory of their own. */
  takeOutput(): Uint8Array<ArrayBuffer> {
    return this.#output.take()
  }

  #takeKey(): boolean {
    const { keyField } = this.#projection.resource
    const key = keyOf(
      keyField,
      this.#valueOf(this.#walk.ofFields(keyField)),
      this.#valueOf(this.#walk.ofRecord(ID)),
    )
    if (typeof key === 'object') return false
    this.key = key
    return true
  }

  #takeStamps(): void {
    const { stamp, changeStamps } = this.#projection.resource
    this.modificationTimestamp = stamp === null ? Number.NaN : this.#instantOf(stamp)
    this.mlsId = mlsIdOf(this.#valueOf(this.#walk.ofFields(MLS_FIELD)))
    for (let i = 0; i < changeStamps.length; i += 1) {
      this.stamps[i] = this.#instantOf(changeStamps[i]?.field ?? '')
    }
  }

  #instantOf(field: string): number {
    const member = this.#walk.ofFields(field)
    return instantOf(this.#valueOf(member)) ?? Number.NaN
  }

  /** False if it cannot be published, and then nothing is written. @param length of the record in bytes */
  #takeContent(length: number): boolean {
    const output = this.#output
    this.start = output.at
    try {
      const found = this.#read()
      this.volatileFields = volatileOf(found)
      this.unmapped = unmappedNames(found)
      const masked = this.#projection.sorted(found.masked)
      this.#write(found, masked, length)
      this.digest = digestOf(output.buffer.subarray(this.start, output.at))
      if (found.maskedVolatile.length > 0) {
        output.at = this.start
        this.#write(found, [...masked, ...found.maskedVolatile].sort(), length)
      }
    } catch (error) {
      // Nested too deep, or what no type of the schema holds: avsc's errors have no class of their own.
      if (!(error instanceof Error)) throw error
      output.at = this.start
      return false
    }
    this.end = output.at
    if (this.end - this.start + bytesOf(this.volatileFields) <= this.#limit.bytes) return true
    output.at = this.start
    return false
  }

  /** What the walk left. */
  #read(): Findings {
    const { toRead, masked, cells } = this.#walk
    const found = new Findings()
    found.masked.push(...masked)
    if (toRead.length === 0) return found
    const { reader, place } = this.#projection
    reader.begin()
    const custom = CUSTOM_FIELDS_MEMBERS.find((name) => this.#has(this.#walk.ofRecord(name)))
    const around = { key: this.key, custom }
    for (const member of toRead) {
      const { name, rule } = member
      const value = this.#valueOf(member) ?? null
      if (value === null) continue
      if (rule.isInner) reader.takeMember(name, value, place, found)
      else this.#projection.take(name, value, around, found)
      for (const cell of rule.cells) {
        const filled = reader.cell(cell)
        if (filled !== null && filled !== undefined) cells.put(cell, filled)
      }
    }
    return found
  }

  #has(member: Member | undefined): boolean {
    return member !== undefined && this.#bytes[member.start] !== 0x6e
  }

  #write(found: Findings, masked: readonly string[], length: number): void {
    const output = this.#output
    for (const { holds, type, absent } of this.#plan.parts) {
      if (holds === 'fields') {
        output.append(PRESENT)
        this.#walk.cells.write(output, this.#bytes, length)
      } else if (holds === 'custom' && found.custom !== undefined) output.encode(type, found.custom)
      else if (holds === 'masked' && masked.length > 0) output.encode(type, masked)
      else if (holds === 'unmapped' && found.unmapped.length > 0) output.encode(type, unmappedOf(found))
      else output.append(absent)
    }
  }

  #valueOf(member: Member | undefined): JsonValue | undefined {
    if (member === undefined) return undefined
    return parseJsonValue(this.#bytes.toString('utf8', member.start, member.end))
  }

  #decline(reason: DeclineReason): -1 {
    this.declined = reason
    return -1
  }
}

/** The second branch of a nullable field. */
const PRESENT = Uint8Array.of(2)
