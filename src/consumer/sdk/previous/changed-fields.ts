import { PATHS, type Place } from '../../../events/content/place.ts'
import { isMembers, type Members } from '../members.ts'

/**
 * Paths within the content, such as `standardFields.ListPrice`, under which two events of a record differ: of the fields and of
 * what is in records and maps. A list is one value. A field that one of them does not have is as good as null, so that a new
 * schema is no change (R5). `before` null: all that has a value.
 */
export function changedFields(before: unknown, after: unknown): readonly string[] {
  return changedValues(before, after).map(({ path }) => path)
}

export interface ChangedValue {
  readonly path: string
  /** Null where there was none. */
  readonly before: unknown
  readonly after: unknown
}

/** The same, with the values. */
export function changedValues(before: unknown, after: unknown): readonly ChangedValue[] {
  const found: ChangedValue[] = []
  collect(contentOf(before), contentOf(after), PATHS, found)
  return found
}

const NOTHING: Members = {}

/** The member that has what every content has; the others are the event's own. */
function contentOf(event: unknown): Members {
  if (!isMembers(event)) return NOTHING
  const content = Object.values(event).find(
    (member) =>
      isMembers(member) && Array.isArray(member['maskedFields']) && isMembers(member['unmappedFields']),
  )
  return isMembers(content) ? content : NOTHING
}

function collect(before: Members, after: Members, place: Place, found: ChangedValue[]): void {
  for (const name of new Set([...Object.keys(after), ...Object.keys(before)])) {
    const [from, to] = [before[name] ?? null, after[name] ?? null]
    const changed = { path: place.path(name), before: from, after: to }
    if (isMembersOrNull(from) && isMembersOrNull(to)) {
      const already = found.length
      collect(from ?? NOTHING, to ?? NOTHING, place.inside(name, undefined), found)
      // A record in which nothing has a value is another thing than none, but for those that the content always has.
      const isOne = (from === null) !== (to === null)
      if (isOne && found.length === already && place !== PATHS) found.push(changed)
    } else if (!isSame(from, to) && !(place === PATHS && isNothing(from) && isNothing(to))) {
      found.push(changed)
    }
  }
}

function isSame(a: unknown, b: unknown): boolean {
  const [from, to] = [a ?? null, b ?? null]
  if (Array.isArray(from) && Array.isArray(to)) {
    return from.length === to.length && from.every((item, index) => isSame(item, to[index]))
  }
  // Records come as objects of classes of their own, and out of a store as plain ones.
  if (isMembers(from) && isMembers(to)) {
    return [...new Set([...Object.keys(from), ...Object.keys(to)])].every((name) =>
      isSame(from[name], to[name]),
    )
  }
  return from === to
}

function isNothing(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0)
}

function isMembersOrNull(value: unknown): value is Members | null {
  return value === null || isMembers(value)
}
