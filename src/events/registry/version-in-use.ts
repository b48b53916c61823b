import { ListingstreamError } from '../../support/errors.ts'
import type { RegisteredSchema, SchemaRegistry } from './schema-registry.ts'

export interface VersionInUse extends RegisteredSchema {
  /** Why it is not the wanted one; null if it is. */
  readonly refusal: ListingstreamError | null
}

export interface WantedVersion {
  readonly subject: string
  readonly text: string
  /** Of the subject; undefined if it has none. */
  readonly latest: RegisteredSchema | undefined
}

/**
 * What an event is written under: the wanted version, registered if it is not the latest; the latest while the registry
 * does not take the wanted one.
 *
 * @throws {RegistryRefused | RegistryUnauthorized | RegistryBadResponse} if that would be the first one
 */
export async function versionInUse(
  registry: Pick<SchemaRegistry, 'register'>,
  { subject, text, latest }: WantedVersion,
  signal: AbortSignal,
): Promise<VersionInUse> {
  if (text === latest?.schema) return { ...latest, refusal: null }
  try {
    return { id: await registry.register(subject, text, signal), schema: text, refusal: null }
  } catch (error) {
    // Whatever keeps it from being registered: only an outage is waited out, since it ends by itself.
    if (!(error instanceof ListingstreamError) || error.retryable || latest === undefined) throw error
    return { ...latest, refusal: error }
  }
}
