import { endOfString, QUOTE } from '../../../support/json-bytes.ts'
import type { Findings } from '../findings.ts'
import type { LevelPlan, MemberRule } from './plan.ts'

/** The members of a name, and where the value of the last one of them stands. */
export interface Member {
  readonly rule: MemberRule
  readonly name: string
  /** A JavaScript object has its members of such names before all others. */
  readonly isIndex: boolean
  /** What stood between the quotes. */
  raw: Buffer
  /** The one that came behind it last. */
  next: Member | undefined
  /** Number of the record that had it last. */
  seen: number
  /** From where to where its value stands there. */
  start: number
  end: number
  /** What was found in the value that it had last, if nothing but the value decides that; see `found`. */
  lastValue: Buffer | undefined
  lastFound: Findings['volatile'][number] | undefined
}

/** Of an array's item: an integer below 2^32 − 1, as it is written without need. */
const INDEX = /^(?:0|[1-9]\d{0,9})$/

/** More names than these are not kept from record to record. */
export const MOST_NAMES = 4_096
/** In bytes. */
export const LONGEST_NAME = 1_024

/** The members of one kind of object, which are likely to come in the order in which they came in the record before. */
export class Members {
  /** Stands before the first one. */
  readonly head: Member
  readonly #plan: LevelPlan
  readonly #byName = new Map<string, Member>()
  /** Those that are not forgotten: of names that the plan has, or that are watched. */
  readonly #kept = new Map<string, Member>()

  constructor(plan: LevelPlan) {
    this.#plan = plan
    this.head = this.#made('')
    for (const name of plan.rules.keys()) this.watch(name)
  }

  /** The one of this name, which is always the same from now on. Not while a record is walked over. */
  watch(name: string): Member {
    const member = this.#of(name)
    this.#kept.set(name, member)
    return member
  }

  /** To be called before each record. */
  begin(): void {
    if (this.#byName.size > this.#kept.size + MOST_NAMES) this.#forget()
  }

  /** The member whose name begins behind the quote at `at`; undefined if there is none, or none that can be kept. */
  find(bytes: Buffer, at: number): Member | undefined {
    const end = endOfString(bytes, at + 1)
    if (end < 0 || end - at > LONGEST_NAME) return undefined
    const name: unknown = JSON.parse(bytes.toString('utf8', at, end + 1))
    if (typeof name !== 'string') return undefined
    const member = this.#of(name)
    // Not a view: that would keep the page.
    member.raw = Buffer.from(bytes.subarray(at + 1, end))
    return member
  }

  #of(name: string): Member {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const made = this.#made(name)
    this.#byName.set(name, made)
    return made
  }

  #made(name: string): Member {
    const rule = this.#plan.rules.get(name) ?? this.#plan.other(name)
    const isIndex = INDEX.test(name)
    return {
      rule,
      name,
      isIndex,
      raw: Buffer.alloc(0),
      next: undefined,
      seen: -1,
      start: 0,
      end: 0,
      lastValue: undefined,
      lastFound: undefined,
    }
  }

  /** One of a name that is forgotten must not be met again behind another one: it would be there twice. */
  #forget(): void {
    this.head.next = undefined
    this.#byName.clear()
    for (const [name, member] of this.#kept) {
      member.next = undefined
      this.#byName.set(name, member)
    }
  }
}

/** Whether the name of the next member, which begins behind the quote at `at`, is this one's. */
export function isNamed({ raw }: Pick<Member, 'raw'>, bytes: Buffer, at: number): boolean {
  const { length } = raw
  const start = at + 1
  for (let i = 0; i < length; i += 1) if (bytes[start + i] !== raw[i]) return false
  return bytes[start + length] === QUOTE
}
