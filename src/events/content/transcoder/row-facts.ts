import { parseRecordKey, recordKey, type RecordKey } from '../../../domain/record-key.ts'
import type { ResourceDescription } from '../../../domain/resource.ts'
import { instantOf, keyOf, MLS_FIELD, mlsIdOf } from '../../../domain/row-values.ts'
import { QUOTE } from '../../../support/json-bytes.ts'
import { millisAt } from './byte-values.ts'
import { isSameAs, isWrittenAlike, plainTextOf, valueOf } from './member-values.ts'
import type { RecordWalk, Watched } from './record-walk.ts'

const NO_KEY = recordKey('none')
const NO_BYTES = Buffer.alloc(0)
/** Of `"2024-05-02T14:03:09Z"`. */
const STAMP_LENGTH = 22

/** What the passes need to know of a record, of the one that was walked over last (see `readRecord`). */
export class RowFacts {
  key: RecordKey = NO_KEY
  modificationTimestamp = Number.NaN
  mlsId: string | null = null
  readonly stamps: Float64Array
  readonly #keyField: string
  readonly #walk: RecordWalk
  readonly #id: Watched
  readonly #named: Watched
  readonly #mlsId: Watched
  readonly #stamp: Watched | undefined
  readonly #changeStamps: readonly Watched[]
  /** How the last MLS was written: there are few of them. */
  #mlsBytes = NO_BYTES

  constructor({ keyField, stamp, changeStamps }: ResourceDescription, walk: RecordWalk) {
    this.#keyField = keyField
    this.#walk = walk
    this.#id = walk.watch('Id')
    this.#named = walk.watch(keyField)
    this.#mlsId = walk.watch(MLS_FIELD)
    this.#stamp = stamp === null ? undefined : walk.watch(stamp)
    this.#changeStamps = changeStamps.map(({ field }) => walk.watch(field))
    this.stamps = new Float64Array(changeStamps.length)
  }

  /** False if the record has no usable key. */
  take(bytes: Buffer): boolean {
    const key = this.#keyAsUsual(bytes) ?? this.#keyAsRead(bytes)
    if (key === undefined) return false
    this.key = key
    this.modificationTimestamp = this.#instant(bytes, this.#stamp)
    for (let i = 0; i < this.#changeStamps.length; i += 1) {
      this.stamps[i] = this.#instant(bytes, this.#changeStamps[i])
    }
    this.#takeMlsId(bytes)
    return true
  }

  /** Both the field and `Id` have it, written alike. */
  #keyAsUsual(bytes: Buffer): RecordKey | undefined {
    const named = this.#walk.ofFields(this.#named)
    const id = this.#walk.ofRecord(this.#id)
    if (named === undefined || id === undefined) return undefined
    const isSame = isWrittenAlike(bytes, named, id)
    return isSame ? parseRecordKey(plainTextOf(bytes, named)) : undefined
  }

  #keyAsRead(bytes: Buffer): RecordKey | undefined {
    const named = this.#walk.ofFields(this.#named)
    const id = this.#walk.ofRecord(this.#id)
    const key = keyOf(this.#keyField, named && valueOf(bytes, named), id && valueOf(bytes, id))
    return typeof key === 'string' ? key : undefined
  }

  #instant(bytes: Buffer, watched: Watched | undefined): number {
    const member = watched && this.#walk.ofFields(watched)
    if (member === undefined) return Number.NaN
    const { start, end } = member
    const isUsual = end - start === STAMP_LENGTH && bytes[start] === QUOTE
    const usual = isUsual ? millisAt(bytes, start + 1) : Number.NaN
    return Number.isNaN(usual) ? (instantOf(valueOf(bytes, member)) ?? Number.NaN) : usual
  }

  #takeMlsId(bytes: Buffer): void {
    const member = this.#walk.ofFields(this.#mlsId)
    if (member === undefined) {
      this.mlsId = null
      this.#mlsBytes = NO_BYTES
      return
    }
    if (isSameAs(bytes, member, this.#mlsBytes)) return
    this.mlsId = mlsIdOf(valueOf(bytes, member))
    this.#mlsBytes = Buffer.from(bytes.subarray(member.start, member.end))
  }
}
