import {
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_OBJECT,
  QUOTE,
  skipLiteral,
  skipValue,
  skipWhitespace,
} from '../../../support/json-bytes.ts'
import { Findings } from '../findings.ts'
import { Cells } from './cells.ts'
import { isMasked, MASKED_LENGTH } from './member-values.ts'
import { isNamed, Members, type Member } from './members.ts'
import { WAYS, type TranscoderPlan } from './plan.ts'

/** Members of one name, of the record itself and of the source's fields. */
export interface Watched {
  readonly record: Member
  readonly fields: Member
}

/** Why a record is no longer walked over. */
export type WalkFailure = 'malformed' | 'member_name' | 'duplicate_member' | 'member_order'

const NO_BYTES = Buffer.alloc(0)
const N = 0x6e
/** Turns begin again behind it; a number that is met again then only costs a record the longer way. */
const LAST_TURN = 0x3fff_ffff

/** Goes over the bytes of one record after the other, and puts into cells what can be put there without reading it. */
export class RecordWalk {
  /** Of the record walked over last, what there is beside its cells: members to be read, in their order. */
  readonly toRead: Member[] = []
  /** So far: what is masked. */
  found = new Findings()
  /** Why the last record failed. */
  failure: WalkFailure = 'malformed'
  readonly cells: Cells
  readonly #record: Members
  readonly #fields: Members | undefined
  /** The member in which the fields are. */
  readonly #holder: Member
  #bytes: Buffer = NO_BYTES
  #turn = 0

  constructor({ record, fields, cells }: TranscoderPlan) {
    this.#record = new Members(record)
    this.#fields = fields && new Members(fields)
    this.#holder = this.#record.watch('StandardFields')
    this.cells = new Cells(cells)
  }

  /** To be asked for afterwards. */
  watch(name: string): Watched {
    const record = this.#record.watch(name)
    return { record, fields: this.#fields?.watch(name) ?? record }
  }

  /** What is behind the record that begins at `at`; -1 if it cannot be walked over. */
  walk(bytes: Buffer, at: number): number {
    this.#bytes = bytes
    this.#turn = this.#turn === LAST_TURN ? 0 : this.#turn + 1
    this.toRead.length = 0
    this.found = new Findings()
    this.failure = 'malformed'
    this.cells.begin()
    this.#record.begin()
    this.#fields?.begin()
    return bytes[at] === OPEN_OBJECT ? this.#walk(this.#record, at) : -1
  }

  /** The member of the record itself; undefined if it has none. */
  ofRecord({ record }: Watched): Member | undefined {
    return record.seen === this.#turn ? record : undefined
  }

  /** That of the source's fields. Where there is no object of them, the record itself has them. */
  ofFields({ record, fields }: Watched): Member | undefined {
    const holder = this.#holder
    const isWithin = holder.seen === this.#turn && this.#bytes[holder.start] === OPEN_OBJECT
    const member = isWithin ? fields : record
    return member.seen === this.#turn ? member : undefined
  }

  /** Forgets where the last record stood, so that its page can go. */
  release(): void {
    this.#bytes = NO_BYTES
  }

  /** @param at where the object begins */
  #walk(members: Members, at: number): number {
    const bytes = this.#bytes
    let p = skipWhitespace(bytes, at + 1)
    if (bytes[p] === CLOSE_OBJECT) return p + 1
    for (let before = members.head; ;) {
      const member = this.#named(members, before, p)
      if (member === undefined) return -1
      before = member
      if (member.seen === this.#turn) return this.#fail('duplicate_member')
      member.seen = this.#turn
      p = skipWhitespace(bytes, p + member.raw.length + 2)
      if (bytes[p] !== COLON) return -1
      p = skipWhitespace(bytes, p + 1)
      member.start = p
      p = this.#value(member, p)
      if (p < 0) return -1
      member.end = p
      p = skipWhitespace(bytes, p)
      if (bytes[p] === CLOSE_OBJECT) return p + 1
      if (bytes[p] !== COMMA) return -1
      p = skipWhitespace(bytes, p + 1)
    }
  }

  #named(members: Members, before: Member, at: number): Member | undefined {
    const bytes = this.#bytes
    if (bytes[at] !== QUOTE) return undefined
    const { next } = before
    if (next !== undefined && isNamed(next, bytes, at)) return next
    const member = members.find(bytes, at)
    if (member === undefined) this.failure = 'member_name'
    else before.next = member
    return member
  }

  #value(member: Member, at: number): number {
    const bytes = this.#bytes
    const { rule } = member
    const first = bytes[at]
    if (first === N) return skipLiteral(bytes, at)
    if (first === QUOTE && rule.masked !== undefined && isMasked(bytes, at)) {
      this.found.masked.push(rule.masked)
      return at + MASKED_LENGTH
    }
    if (rule.way === WAYS.FIELDS && first === OPEN_OBJECT && this.#fields !== undefined) {
      return this.#walk(this.#fields, at)
    }
    const end = this.cells.take(rule.way, rule.cell, bytes, at)
    return end === 0 ? this.#leave(member, at) : end
  }

  /** It is read when the record is known to be whole. */
  #leave(member: Member, at: number): number {
    if (member.isIndex) return this.#fail('member_order')
    const end = skipValue(this.#bytes, at)
    if (end >= 0) this.toRead.push(member)
    return end
  }

  #fail(failure: WalkFailure): -1 {
    this.failure = failure
    return -1
  }
}
