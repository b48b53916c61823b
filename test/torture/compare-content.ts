import type { Decoded, Shape, Shapes } from './findings.ts'
import type { JudgedResource } from './judged-resources.ts'

const DAY_MS = 86_400_000
const MASKED = '********'

type Fields = Readonly<Record<string, unknown>>

interface Comparison {
  /** What had no place of its own, by its path. */
  readonly unmapped: Readonly<Record<string, string>>
  /** Names of members of fields that are not compared. */
  readonly outside: ReadonlySet<string>
}

const NONE: ReadonlySet<string> = new Set()

/** Differences between a record as the source shows it and its last event, in words. */
export function* compareContent(
  resource: JudgedResource,
  source: Fields,
  { body, shapes }: Decoded,
): Generator<string> {
  const content = body[resource.content] as Fields
  const comparison = {
    unmapped: content['unmappedFields'] as Comparison['unmapped'],
    outside: resource.set?.outside ?? NONE,
  }
  const shown = without(source, resource.skipped)
  const published = content[resource.fields] as Fields
  yield* compareFields('', shown, published, fieldShapes(resource, shapes), comparison)
}

function without(fields: Fields, names: ReadonlySet<string>): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.has(name)))
}

function fieldShapes({ content, fields }: JudgedResource, shapes: Shapes): Shapes {
  return shapesOf(shapesOf(shapes, content), fields)
}

function shapesOf(shapes: Shapes, name: string): Shapes {
  const shape = shapes.get(name)
  return shape?.kind === 'record' ? shape.fields : new Map()
}

function within(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function* compareFields(
  path: string,
  source: Fields,
  published: Fields,
  shapes: Shapes,
  comparison: Comparison,
): Generator<string> {
  for (const [name, value] of Object.entries(source)) {
    yield* compareValue(within(path, name), value, published[name] ?? null, shapes.get(name), comparison)
  }
  for (const [name, value] of Object.entries(published)) {
    if (value !== null && !(name in source)) yield `${within(path, name)} is not at the source`
  }
}

function* compareValue(
  path: string,
  source: unknown,
  published: unknown,
  shape: Shape | undefined,
  comparison: Comparison,
): Generator<string> {
  if (published === null && comparison.unmapped[path] !== undefined) return
  if (shape?.kind === 'record' && isFields(source) && isFields(published)) {
    const { outside } = comparison
    const said = without(published, outside)
    yield* compareFields(path, without(source, outside), said, shape.fields, comparison)
  } else if (isListOfObjects(shape) && Array.isArray(source) && Array.isArray(published)) {
    if (source.length !== published.length) {
      yield `${path} has ${source.length} items, but was published with ${published.length}`
      return
    }
    for (const [i, item] of source.entries()) {
      yield* compareValue(`${path}[${i}]`, item, published[i], shape.of, comparison)
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
