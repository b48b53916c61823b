/** How `maskedFields` and `unmappedFields` name what stands where in the source's record (R12). */
import { safeName } from './canonical-json.ts'

/** An object of the source whose members are fields. */
export interface Place {
  /** Of a member, e.g. `Emails[0].Address`. No two of a record have the same one. */
  path(name: string): string
  /** Of a member's field, the same for all items of a list, e.g. `Emails.Address`. */
  field(name: string): string
  /** The object in this member; `index`: in this item of the list that the member is. */
  inside(name: string, index: number | undefined): Place
}

/** Where our own decoder would lose the name `__proto__`. */
const UNSAFE_MEMBER = '__proto__'
const PLAIN_MEMBER = /^[A-Za-z_][A-Za-z0-9_]*$/

/** A name that could be read as another path stands as in `["a.b"]`. */
class PathPlace implements Place {
  readonly #path: string
  /** Without indices. */
  readonly #fieldPath: string

  constructor(path: string, fieldPath: string) {
    this.#path = path
    this.#fieldPath = fieldPath
  }

  path(name: string): string {
    return memberPath(this.#path, name)
  }

  field(name: string): string {
    return memberPath(this.#fieldPath, name)
  }

  inside(name: string, index: number | undefined): Place {
    const item = index === undefined ? '' : `[${index}]`
    return new PathPlace(this.path(name) + item, this.field(name))
  }
}

export const PATHS: Place = new PathPlace('', '')

/** Names as they are: for schemas that are made from metadata, in which nothing is nested. */
export const PLAIN_NAMES: Place = {
  path: (name) => (name === UNSAFE_MEMBER ? `$.StandardFields.${name}` : safeName(name)),
  field: safeName,
  inside: (name, index) => PATHS.inside(name, index),
}

function memberPath(path: string, name: string): string {
  if (!PLAIN_MEMBER.test(name) || name === UNSAFE_MEMBER) return `${path}[${JSON.stringify(name)}]`
  return path === '' ? name : `${path}.${name}`
}
