import { isUtf8 } from 'node:buffer'

import { NO_DIGEST, type Digest, type LooseValue } from '../../../domain/content.ts'
import type { RecordKey } from '../../../domain/record-key.ts'
import type { CompiledEvent } from '../../schema/compiled-event.ts'
import { bytesOf, type ContentLimit } from '../content-encoder.ts'
import { CUSTOM_FIELDS_MEMBERS } from '../custom-fields.ts'
import { digestOf } from '../digest.ts'
import type { Findings } from '../findings.ts'
import { unmappedNames, volatileOf, type Projection, type Surroundings } from '../projection.ts'
import { ContentOutput } from './content-output.ts'
import { ContentParts } from './content-parts.ts'
import { CustomCells } from './custom-cells.ts'
import { isKey, isSameAs, isUriOfKey, valueOf } from './member-values.ts'
import type { Member } from './members.ts'
import { planOf, type TranscoderPlan } from './plan.ts'
import { RecordWalk, type Watched, type WalkFailure } from './record-walk.ts'
import { RowFacts } from './row-facts.ts'

/**
 * Why a record was not taken. Of the walk: it is no JSON object in UTF-8, or nested too deep; a name is too long, or comes
 * twice; JavaScript has its members in another order. Then: it has no usable key; it cannot be published.
 */
export type DeclineReason = WalkFailure | 'unreadable' | 'unencodable'

const NO_BYTES = Buffer.alloc(0)
const N = 0x6e

/**
 * From the bytes of a record to those of its content, without objects between them, as far as that goes. The law: what it
 * answers is what `readRecord` and `AvroContentEncoder.encode` make of the same bytes, to the last of them, or it declines.
 *
 * What it knows of the record that it took last stands in its properties until the next call.
 */
export class RecordTranscoder {
  /** Undefined if the last record was taken: the other properties mean nothing if it was not. */
  declined: DeclineReason | undefined = undefined
  /** Where its content stands in what `takeOutput` will hand over. */
  start = 0
  end = 0
  digest: Digest = NO_DIGEST
  volatileFields: Readonly<Record<string, LooseValue>> = {}
  /** As in `EncodedContent`. */
  unmapped: readonly string[] = []
  /** As in `EncodedContent`. */
  masked = 0

  readonly #projection: Projection
  readonly #limit: ContentLimit
  readonly #walk: RecordWalk
  readonly #facts: RowFacts
  readonly #customMembers: readonly Watched[]
  readonly #custom: CustomCells | undefined
  readonly #parts: ContentParts
  readonly #output = new ContentOutput()
  #bytes: Buffer = NO_BYTES
  /** Whether `#custom` has those of the record. */
  #hasCustom = false

  /** Undefined if nothing can be encoded under this schema. */
  static of(event: CompiledEvent, limit: ContentLimit): RecordTranscoder | undefined {
    const plan = planOf(event)
    return plan && new RecordTranscoder(plan, event.projection, limit)
  }

  /** @param plan of the same schema as `projection` */
  constructor(plan: TranscoderPlan, projection: Projection, limit: ContentLimit) {
    this.#projection = projection
    this.#limit = limit
    this.#walk = new RecordWalk(plan)
    this.#facts = new RowFacts(projection.resource, this.#walk)
    this.#customMembers = CUSTOM_FIELDS_MEMBERS.map((name) => this.#walk.watch(name))
    this.#custom = plan.customType && new CustomCells(plan.customType)
    this.#parts = new ContentParts(plan.parts)
  }

  get key(): RecordKey {
    return this.#facts.key
  }

  /** In milliseconds since 1970; NaN if it has none that can be read. */
  get modificationTimestamp(): number {
    return this.#facts.modificationTimestamp
  }

  get mlsId(): string | null {
    return this.#facts.mlsId
  }

  /** In the order of the resource's `changeStamps`, NaN where it has none. Written over by the next call. */
  get stamps(): Float64Array {
    return this.#facts.stamps
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
    if (!this.#facts.take(bytes)) return this.#decline('unreadable')
    return this.#takeContent(end - at) ? end : this.#decline('unencodable')
  }

  /** A content that was made otherwise, of a record that was declined. */
  append(content: Uint8Array): void {
    this.#output.append(content)
  }

  /** All contents since the last call, one behind the other, in memory of their own. Lets the page go. */
  takeOutput(): Uint8Array<ArrayBuffer> {
    this.#bytes = NO_BYTES
    this.#walk.release()
    this.#custom?.release()
    return this.#output.take()
  }

  /** False if it cannot be published, and then nothing is written. @param length of the record in bytes */
  #takeContent(length: number): boolean {
    const output = this.#output
    this.start = output.at
    try {
      this.#write(length)
    } catch (error) {
      // Nested too deep, or what no type of the schema holds: avsc's errors have no class of their own.
      if (!(error instanceof Error)) throw error
      output.at = this.start
      return false
    }
    this.end = output.at
    const size = this.end - this.start
    // Values that are no content are mostly of a few bytes: they are counted where that could matter.
    const isWithin = size + MOST_GROWTH * length <= this.#limit.bytes
    if (isWithin || size + bytesOf(this.volatileFields) <= this.#limit.bytes) return true
    output.at = this.start
    return false
  }

  #write(length: number): void {
    const { cells, found } = this.#walk
    this.#hasCustom = false
    this.#read(found)
    this.volatileFields = volatileOf(found)
    this.unmapped = unmappedNames(found)
    const masked = this.#projection.sorted(found.masked)
    this.masked = masked.length
    const output = this.#output
    const source = {
      cells,
      bytes: this.#bytes,
      length,
      found,
      custom: this.#hasCustom ? this.#custom : undefined,
      masked,
    }
    this.#parts.write(output, source)
    this.digest = digestOf(output.buffer.subarray(this.start, output.at))
    if (found.maskedVolatile.length === 0) return
    output.at = this.start
    this.#parts.write(output, { ...source, masked: [...masked, ...found.maskedVolatile].sort() })
  }

  /** What the walk left. */
  #read(found: Findings): void {
    const { toRead } = this.#walk
    if (toRead.length === 0) return
    this.#projection.reader.begin()
    const custom = this.#customMembers.find((watched) => this.#holds(this.#walk.ofRecord(watched)))
    const around = { key: this.key, custom: custom?.record.name }
    for (const member of toRead) {
      if (!this.#isKeyAgain(member)) this.#readMember(member, around, found)
    }
  }

  #readMember(member: Member, around: Surroundings, found: Findings): void {
    const bytes = this.#bytes
    const { name, rule, lastValue, lastFound } = member
    if (lastFound !== undefined && lastValue !== undefined && isSameAs(bytes, member, lastValue)) {
      found.volatile.push(lastFound)
      return
    }
    if (name === around.custom && !rule.isInner && !rule.isKnown && this.#takeCustom(member, found)) return
    const value = valueOf(bytes, member)
    // The walk leaves none.
    if (value === null) return
    const { reader, place } = this.#projection
    const before = found.volatile.length
    if (rule.isInner) reader.takeMember(name, value, place, found)
    else this.#projection.take(name, value, around, found)
    if (found.volatile.length > before) this.#keep(member, found)
    for (const cell of rule.cells) {
      const filled = reader.cell(cell)
      if (filled !== null && filled !== undefined) this.#walk.cells.put(cell, filled)
    }
  }

  #takeCustom({ start }: Member, found: Findings): boolean {
    this.#hasCustom = this.#custom?.take(this.#bytes, start, found) ?? false
    return this.#hasCustom
  }

  /** What is no content is often the same in record after record, and some of it long. */
  #keep(member: Member, { volatile, maskedVolatile }: Findings): void {
    const { start, end, name } = member
    const length = end - start
    if (length < WORTH_KEEPING || length > LONGEST_KEPT || maskedVolatile.length > 0 || KEYS.has(name)) return
    member.lastValue = Buffer.from(this.#bytes.subarray(start, end))
    member.lastFound = volatile.at(-1)
  }

  /** As far as it is seen without reading it. */
  #isKeyAgain(member: Member): boolean {
    if (member.rule.isKnown || member.rule.isInner) return false
    if (member.name === 'Id') return isKey(this.#bytes, member, this.key)
    return member.name === 'ResourceUri' && isUriOfKey(this.#bytes, member, this.key)
  }

  #holds(member: Member | undefined): boolean {
    return member !== undefined && this.#bytes[member.start] !== N
  }

  #decline(reason: DeclineReason): -1 {
    this.declined = reason
    return -1
  }
}

/** Whether they are volatile depends on the key, too. */
const KEYS: ReadonlySet<string> = new Set(['Id', 'ResourceUri'])
/** In bytes; shorter ones are soon read. */
const WORTH_KEEPING = 16
const LONGEST_KEPT = 1_024
/** A number of four bytes, such as 1e20, has 21 digits in canonical JSON. No value grows more. */
const MOST_GROWTH = 8
