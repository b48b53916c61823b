import { parseSchemaId, type SchemaId } from '../../domain/content.ts'
import { InvariantViolation } from '../../support/errors.ts'
import { RegistryRefused } from './registry-errors.ts'
import type { SchemaRegistry } from './schema-registry.ts'

/** The largest there is; a registry counts up from 1. */
const LARGEST_ID = 0xffff_ffff

/**
 * A registry for who only wants to know what would be written under it: what it does not have yet gets an id that counts in
 * this object alone. Nothing is registered.
 */
export class UnwrittenSchemas {
  readonly #registry: Pick<SchemaRegistry, 'latest' | 'find' | 'check' | 'byId'>
  /** By subject and text. */
  readonly #ids = new Map<string, SchemaId>()
  readonly #texts = new Map<SchemaId, string>()

  constructor(registry: Pick<SchemaRegistry, 'latest' | 'find' | 'check' | 'byId'>) {
    this.#registry = registry
  }

  latest(...asked: Parameters<SchemaRegistry['latest']>): ReturnType<SchemaRegistry['latest']> {
    return this.#registry.latest(...asked)
  }

  async byId(id: SchemaId, signal: AbortSignal): Promise<string | undefined> {
    return this.#texts.get(id) ?? (await this.#registry.byId(id, signal))
  }

  /** The id that the registry has, else one of our own. @throws {RegistryRefused} if the registry would not take it */
  async register(subject: string, schema: string, signal: AbortSignal): Promise<SchemaId> {
    const name = JSON.stringify([subject, schema])
    const known = this.#ids.get(name) ?? (await this.#registry.find(subject, schema, signal))
    if (known !== undefined) return known
    if (!(await this.#registry.check(subject, schema, signal))) {
      throw new RegistryRefused(`a check of ${subject}`, 409, 'it is not compatible with an earlier version')
    }
    const id = parseSchemaId(LARGEST_ID - this.#ids.size)
    if (id === undefined) throw new InvariantViolation('There is no id left for a schema.')
    this.#ids.set(name, id)
    this.#texts.set(id, schema)
    return id
  }
}
