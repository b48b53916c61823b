import type { Decoded, Shape, Shapes } from './findings.ts'
import type { JudgedResource } from './judged-resources.ts'

const DAY_MS = 86_400_000
const NULL = JSON.stringify(null)

type Members = Readonly<Record<string, unknown>>

/** Differences between a row and the event that it follows, in words. */
export function* rowDifferences(resource: JudgedResource, row: Decoded, event: Decoded): Generator<string> {
  const content = event.body[resource.content] as Members
  const fields = content[resource.fields] as Members
  const shapes = inner(inner(event.shapes, resource.content), resource.fields)
  const told = {
    [resource.rows.key]: event.body[resource.key],
    ObservedAt: event.body['observedAt'],
    ...json({ MaskedFields: content['maskedFields'], VolatileFields: event.body['volatileFields'] }),
    ...(content['customFields'] === undefined ? {} : json({ CustomFields: content['customFields'] })),
  }
  for (const [name, value] of Object.entries(told)) yield* compare(name, row.body[name], value)
  for (const [name, value] of Object.entries(fields)) {
    if (name === resource.rows.key) continue
    const shape = shapes.get(name)
    const isJson = shape === undefined || shape.kind !== 'plain'
    // Of two names that differ in case alone, the later one has a number; none is in a version that the registry refuses.
    const column = [name, `${name}_2`].find((one) => one in row.body)
    const isRead = value !== null && isJson
    if (column === undefined) {
      if (value !== null) yield* compareUnmapped(name, row, value, shape)
    } else yield* compare(name, row.body[column], isRead ? JSON.stringify(readable(value, shape)) : value)
  }
}

function inner(shapes: Shapes, name: string): Shapes {
  const shape = shapes.get(name)
  return shape?.kind === 'record' ? shape.fields : new Map()
}

function json(members: Members): Members {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, JSON.stringify(value)]))
}

function* compare(name: string, found: unknown, wanted: unknown): Generator<string> {
  const [is, should] = [found, wanted].map((value) => JSON.stringify(value) ?? NULL)
  if (is !== should) yield `${name} is ${is}, but the event says ${should}`
}

function* compareUnmapped(
  name: string,
  row: Decoded,
  value: unknown,
  shape: Shape | undefined,
): Generator<string> {
  const unmapped = JSON.parse(String(row.body['UnmappedFields'])) as Members
  yield* compare(name, unmapped[name], JSON.stringify(readable(value, shape)))
}

/** As JSON has it: dates and stamps are text. */
function readable(value: unknown, shape: Shape | undefined): unknown {
  if (value === null || shape === undefined) return value
  switch (shape.kind) {
    case 'map':
      return value
    case 'list':
      return (value as readonly unknown[]).map((item) => readable(item, shape.of))
    case 'record':
      return Object.fromEntries(
        Object.entries(value as Members).map(([name, of]) => [name, readable(of, shape.fields.get(name))]),
      )
    case 'plain':
      if (shape.type === 'date') return new Date(Number(value) * DAY_MS).toISOString().slice(0, 10)
      return shape.type === 'timestamp-millis' ? new Date(Number(value)).toISOString() : value
  }
}
