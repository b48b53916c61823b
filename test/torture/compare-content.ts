import type { Decoded, Shape, Shapes } from './findings.ts'
import type { JudgedResource } from './judged-resources.ts'

const DAY_MS = 86_400_000
const MASKED = '********'
/** Of a part: a list writes it in another way than the part's own service. */
const ADDRESS = 'ResourceUri'

type Fields = Readonly<Record<string, unknown>>
/** What had no place of its own, by its path. */
type Unmapped = Readonly<Record<string, string>>

/** Differences between a record as the source shows it and its last event, in words. */
export function* compareContent(
  resource: JudgedResource,
  source: Fields,
  { body, shapes }: Decoded,
): Generator<string> {
  const content = body[resource.content] as Fields
  const unmapped = content['unmappedFields'] as Unmapped
  const shape = fieldShapes(resource, shapes)
  const shown = Object.fromEntries(Object.entries(source).filter(([name]) => !resource.skipped.has(name)))
  yield* compareFields('', shown, content[resource.fields] as Fields, shape, unmapped)
}

function fieldShapes({ content, fields }: JudgedResource, shapes: Shapes): Shapes {
  return within(within(shapes, content), fields)
}

function within(shapes: Shapes, name: string): Shapes {
  const shape = shapes.get(name)
  return shape?.kind === 'record' ? shape.fields : new Map()
}

function* compareFields(
  path: string,
  source: Fields,
  published: Fields,
  shapes: Shapes,
  unmapped: Unmapped,
): Generator<string> {
  for (const [name, value] of Object.entries(source)) {
    const place = path === '' ? name : `${path}.${name}`
    yield* compareValue(place, value, published[name] ?? null, shapes.get(name), unmapped)
  }
  for (const [name, value] of Object.entries(published)) {
    if (value !== null && !(name in source)) yield `${path}${name} is not at the source`
  }
}

function* compareValue(
  path: string,
  source: unknown,
  published: unknown,
  shape: Shape | undefined,
  unmapped: Unmapped,
): Generator<string> {
  if (published === null && unmapped[path] !== undefined) return
  if (shape?.kind === 'record' && isFields(source) && isFields(published)) {
    yield* compareFields(path, source, published, shape.fields, unmapped)
  } else if (isListOfObjects(shape) && Array.isArray(source) && Array.isArray(published)) {
    if (source.length !== published.length) {
      yield `${path} has ${source.length} items, but was published with ${published.length}`
      return
    }
    for (const [i, item] of source.entries()) {
      yield* compareValue(`${path}[${i}]`, withoutAddress(item), published[i], shape.of, unmapped)
    }
  } else {
    const expected = source === MASKED ? null : asAvro(source, shape)
    if (canonical(published) === canonical(expected)) return
    yield `${path} is ${JSON.stringify(expected)}, but was published as ${JSON.stringify(published)}`
  }
}

function isListOfObjects(shape: Shape | undefined): shape is Extract<Shape, { kind: 'list' }> {
  return shape?.kind === 'list' && shape.of.kind !== 'plain'
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function withoutAddress(item: unknown): unknown {
  if (!isFields(item)) return item
  const { [ADDRESS]: _, ...rest } = item
  return rest
}

function asAvro(value: unknown, shape: Shape | undefined): unknown {
  const type = shape?.kind === 'plain' ? shape.type : ''
  if (typeof value === 'string') {
    if (type === 'date') return Date.parse(value) / DAY_MS
    if (type === 'timestamp-millis') return Date.parse(value)
    if (type === 'long' || type === 'double') return Number(value)
    return shape?.kind === 'list' ? [value] : value
  }
  if (shape?.kind !== 'list' || typeof value !== 'object' || value === null) return value
  const options = Array.isArray(value) ? value.map(String) : Object.keys(value)
  return options.sort()
}

/** As JSON, whatever the order of members. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    isFields(part) ? Object.fromEntries(Object.entries(part).sort(byName)) : part,
  )
}

/** Members that depend on the way of asking, and are no content (R5). */
const BY_WAY_OF_ASKING: ReadonlySet<string> = new Set([
  '$.DisplayCompliance',
  '$.LastCachedTimestamp',
  '$.Permissions',
  '$.ResourceUri',
])

/** Whether two events of one key differ in nothing that is content, whatever their digests say. */
export function isSameContent(resource: JudgedResource, a: Decoded, b: Decoded): boolean {
  return contentText(resource, a) === contentText(resource, b)
}

function contentText(resource: JudgedResource, { body }: Decoded): string {
  const content = body[resource.content] as Readonly<Record<string, Fields>>
  const { [resource.fields]: fields = {}, unmappedFields = {}, ...rest } = content
  const set = Object.entries(fields).filter(([, value]) => value !== null)
  const unmapped = Object.entries(unmappedFields).filter(([name]) => !BY_WAY_OF_ASKING.has(name))
  return canonical([Object.fromEntries(set), Object.fromEntries(unmapped), rest])
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}
