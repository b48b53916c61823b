import { endOfString } from '../../../support/json-bytes.ts'
import { qualifiedName } from '../custom-fields.ts'
import { isNamed, LONGEST_NAME, MOST_NAMES } from './members.ts'

/** A custom field, by its name in the content. */
export interface CustomField {
  /** `"Group"."Field"`. */
  readonly key: string
  /** The same in UTF-8. */
  readonly keyBytes: Buffer
  /** Its place among all that are known, as JavaScript sorts their keys; not before `rank` was called. */
  rank: number
  /** Number of the record that had it last, and its place among those of that record. */
  seen: number
  slot: number
}

/** A name as it stood between quotes, and the one that came behind it last. */
interface Written<Name> {
  readonly raw: Buffer
  next: Name | undefined
}

/** What stands before the first name. */
type Head<Name> = Pick<Written<Name>, 'next'>

interface FieldName extends Written<FieldName> {
  readonly field: CustomField
}

export interface GroupName extends Written<GroupName> {
  readonly name: string
  readonly head: Head<FieldName>
  readonly fields: Map<string, FieldName>
}

/** Groups of custom fields, and the fields in them, as they were written in the records before: likely the next ones. */
export class CustomNames {
  readonly head: Head<GroupName> = { next: undefined }
  readonly #groups = new Map<string, GroupName>()
  readonly #byKey = new Map<string, CustomField>()
  #names = 0
  #isRanked = true

  /** To be called before each record: no names are forgotten within one. */
  begin(): void {
    if (this.#names <= MOST_NAMES) return
    this.head.next = undefined
    this.#groups.clear()
    this.#byKey.clear()
    this.#names = 0
  }

  /** The group whose name begins with the quote at `at`, behind this one; undefined if that is too long. */
  group(before: Head<GroupName>, bytes: Buffer, at: number): GroupName | undefined {
    const { next } = before
    if (next !== undefined && isNamed(next, bytes, at)) return next
    const raw = rawAt(bytes, at)
    if (raw === undefined) return undefined
    const written = raw.toString('latin1')
    let group = this.#groups.get(written)
    if (group === undefined) {
      group = { raw, name: textOf(raw), next: undefined, head: { next: undefined }, fields: new Map() }
      this.#groups.set(written, group)
      this.#names += 1
    }
    before.next = group
    return group
  }

  /** The same of a field of the group. */
  field(group: GroupName, before: Head<FieldName>, bytes: Buffer, at: number): FieldName | undefined {
    const { next } = before
    if (next !== undefined && isNamed(next, bytes, at)) return next
    const raw = rawAt(bytes, at)
    if (raw === undefined) return undefined
    const written = raw.toString('latin1')
    let name = group.fields.get(written)
    if (name === undefined) {
      name = { raw, field: this.#of(qualifiedName(group.name, textOf(raw))), next: undefined }
      group.fields.set(written, name)
      this.#names += 1
    }
    before.next = name
    return name
  }

  /** Makes the ranks right. */
  rank(): void {
    if (this.#isRanked) return
    const fields = [...this.#byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
    for (const [rank, field] of fields.entries()) field.rank = rank
    this.#isRanked = true
  }

  /** Names that are written in two ways may be one. */
  #of(key: string): CustomField {
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    const made = { key, keyBytes: Buffer.from(key), rank: 0, seen: -1, slot: 0 }
    this.#byKey.set(key, made)
    this.#isRanked = false
    return made
  }
}

/** A copy: a view would keep the page. */
function rawAt(bytes: Buffer, at: number): Buffer | undefined {
  const end = endOfString(bytes, at + 1)
  return end < 0 || end - at > LONGEST_NAME ? undefined : Buffer.from(bytes.subarray(at + 1, end))
}

function textOf(raw: Buffer): string {
  const text: unknown = JSON.parse(`"${raw.toString()}"`)
  return String(text)
}
