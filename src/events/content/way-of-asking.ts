/**
 * Members of a record that follow from the way of asking, or from who asks, not from what the record is (docs/spark-api.md
 * §4.1): `View` of `DisplayCompliance` is `Summary` in lists and `Detail` alone, its logos are the role's, `Permissions`
 * the user's. They travel in the event beside the content (R5).
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts'
import type { RecordKey } from '../../domain/record-key.ts'

const MEMBERS: ReadonlySet<string> = new Set([
  'DisplayCompliance',
  'Permissions',
  'ResourceUri',
  // When the source cached it, which moves without any change.
  'LastCachedTimestamp',
])

/** @param name of a member of the record itself, not of its `StandardFields` */
export function followsFromAsking(name: string): boolean {
  return MEMBERS.has(name)
}

/** The record's key once more says nothing. */
export function isKeyAgain(name: string, member: JsonValue, key: RecordKey): boolean {
  if (name === 'Id') return member === key
  return name === 'ResourceUri' && typeof member === 'string' && member.endsWith(`/${key}`)
}

/** `View` in lists and alone. */
const VIEWS = ['Summary', 'Detail']

/**
 * The record as earlier versions of this program may have been shown it when they published it: these members, but for
 * `LastCachedTimestamp`, were content then. None if it has none of them.
 */
export function formerBodies(key: RecordKey, body: JsonObject): readonly JsonObject[] {
  const { LastCachedTimestamp: _, ...former } = body
  const had = Object.entries(former).some(
    ([name, member]) => member !== null && followsFromAsking(name) && !isKeyAgain(name, member, key),
  )
  if (!had) return []
  const { DisplayCompliance: compliance } = former
  if (!isJsonObject(compliance)) return [former]
  const others = VIEWS.filter((view) => view !== compliance['View'])
  return [former, ...others.map((view) => ({ ...former, DisplayCompliance: { ...compliance, View: view } }))]
}
