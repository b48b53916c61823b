/** Whether the registry still knows what is published under: events without their schemas are bytes to a subscriber. */
import type { SchemaId } from '../../domain/content.ts'
import { ListingstreamError } from '../../support/errors.ts'
import { canonicalJson } from '../content/canonical-json.ts'
import { RegistryLostError } from './registry-errors.ts'
import type { SchemaRegistry } from './schema-registry.ts'

export interface SchemaInUse {
  readonly id: SchemaId
  readonly subject: string
  readonly text: string
}

/**
 * Asks for each schema by its id. What is missing is registered again, in the order of the ids, in which a registry that
 * was emptied gives the same ones out again; resolves with those that have their ids back.
 *
 * @throws {RegistryLostError} if one has not, or its id means another schema now
 */
export async function requireRegistered(
  registry: Pick<SchemaRegistry, 'fetchById' | 'register'>,
  schemas: Iterable<SchemaInUse>,
  signal: AbortSignal,
): Promise<readonly SchemaInUse[]> {
  const lost: SchemaInUse[] = []
  for (const schema of schemas) {
    const found = await registry.fetchById(schema.id, signal)
    if (found === undefined) lost.push(schema)
    else if (!sameSchema(found, schema.text)) {
      throw new RegistryLostError(schema, 'the id means another schema now')
    }
  }
  for (const schema of lost.toSorted((a, b) => a.id - b.id)) await registerAgain(registry, schema, signal)
  return lost
}

async function registerAgain(
  registry: Pick<SchemaRegistry, 'register'>,
  schema: SchemaInUse,
  signal: AbortSignal,
): Promise<void> {
  const { id, subject, text } = schema
  try {
    const given = await registry.register(subject, text, signal)
    if (given !== id) throw new RegistryLostError(schema, `registered again it has the id ${given}`)
  } catch (error) {
    if (!(error instanceof ListingstreamError) || error.retryable || error instanceof RegistryLostError) {
      throw error
    }
    throw new RegistryLostError(schema, 'it cannot be registered again', error)
  }
}

/** A registry may give a text back in another layout. */
function sameSchema(a: string, b: string): boolean {
  return a === b || canonicalJson(JSON.parse(a)) === canonicalJson(JSON.parse(b))
}
