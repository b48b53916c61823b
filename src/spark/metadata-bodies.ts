/** `Results` of the metadata services (docs/spark-api.md §4.9). Undefined if they cannot be what the service answers. */
import type { FieldDescription } from '../domain/field-description.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../domain/json.ts'
import { isPlainText } from '../domain/plain-text.ts'

export interface PropertyType {
  /** `MlsCode`, the value of the field `PropertyType`; differs from MLS to MLS. */
  readonly code: string
  /** `MlsName`. */
  readonly name: string
}

/** One object in the list, its members the fields. None at all is no description of any MLS. */
export function readStandardFields(results: readonly JsonValue[]): readonly FieldDescription[] | undefined {
  const objects = objectsIn(results)
  const fields = objects?.flatMap((members) => describeAll(members, null))
  return fields?.length === 0 ? undefined : fields
}

/** One object in the list, its members the groups, each with `Fields`. */
export function readCustomFields(results: readonly JsonValue[]): readonly FieldDescription[] | undefined {
  const groups = objectsIn(results)?.flatMap((members) => Object.entries(members))
  return groups?.flatMap(([group, description]) => {
    const members = isJsonObject(description) ? description['Fields'] : undefined
    return isJsonObject(members) ? describeAll(members, group) : []
  })
}

export function readPropertyTypes(results: readonly JsonValue[]): readonly PropertyType[] | undefined {
  return objectsIn(results)?.flatMap(({ MlsCode: code, MlsName: name }) =>
    isText(code) ? [{ code, name: isText(name) ? name : code }] : [],
  )
}

function objectsIn(results: readonly JsonValue[]): readonly JsonObject[] | undefined {
  return results.every(isJsonObject) ? results : undefined
}

function describeAll(members: JsonObject, group: string | null): readonly FieldDescription[] {
  return Object.entries(members).map(([name, value]) =>
    describe(name, isJsonObject(value) ? value : {}, group),
  )
}

/** Any attribute may be missing (docs/spark-api.md §4.9); a field that says nothing of itself is still a field. */
function describe(name: string, attributes: JsonObject, group: string | null): FieldDescription {
  const { Type, Label, HasList, MultiSelect, Searchable, Nullable, MlsVisible } = attributes
  return {
    name,
    type: isText(Type) ? Type : '',
    label: isText(Label) && Label !== '' ? Label : name,
    hasList: HasList === true,
    multiSelect: MultiSelect === true,
    searchable: Searchable === true,
    nullable: typeof Nullable === 'boolean' ? Nullable : null,
    group,
    shownFor: readPropertyTypeCodes(MlsVisible),
  }
}

/** These texts go into the schema, and whatever reads it: half a surrogate pair would come back as something else. */
function isText(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && isPlainText(value)
}

/** `{"PropertyTypes":[…]}`, and a plain list for custom fields and in older replies (docs/spark-api.md §4.9). */
function readPropertyTypeCodes(visible: JsonValue | undefined): readonly string[] | null {
  const codes = isJsonObject(visible) ? visible['PropertyTypes'] : visible
  if (!Array.isArray(codes)) return null
  return codes.filter(isText)
}
