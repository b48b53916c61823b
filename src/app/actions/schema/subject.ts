/** The versions of a resource's `…Upserted`, or of its rows, in the registry, for the commands `schema …`. */
import { loadSettings, type FeedChoice } from '../../../config/load-settings.ts'
import type { SubjectVersion } from '../../../events/registry/schema-registry.ts'
import { subjectName, valueSubject } from '../../../events/registry/subject-name.ts'
import type { ResourceDescription } from '../../../domain/resource.ts'
import { ListingstreamError } from '../../../support/errors.ts'
import { openFeedSchemas, type FeedSchemas } from '../../compose/feed-reader.ts'

/** A subject or a version that the registry does not have. */
class SchemaMissing extends ListingstreamError {
  constructor(message: string) {
    super(message, { code: 'SCHEMA_MISSING', retryable: false, disposition: 'stop' })
  }
}

export interface SchemaSubject extends FeedSchemas {
  readonly subject: string
}

/** Subject of the resource's `…Upserted`, or of its rows, by the settings. */
export function schemaSubject(
  resource: ResourceDescription,
  { feed }: FeedChoice,
  ofRows = false,
): SchemaSubject {
  const { names, registry } = openFeedSchemas(loadSettings(['registry', 'feed', 'log'], { feed }))
  const subject = ofRows
    ? valueSubject(names.rows(resource))
    : subjectName(names.data(resource), resource.events.upserted)
  return { names, registry, subject }
}

/** @throws {SchemaMissing} */
export async function requireVersion(
  { registry, subject }: Pick<SchemaSubject, 'registry' | 'subject'>,
  version: number | 'latest',
  signal: AbortSignal,
): Promise<SubjectVersion> {
  const found = await registry.version(subject, version, signal)
  if (found !== undefined) return found
  const known = await registry.versions(subject, signal)
  throw new SchemaMissing(
    known.length === 0
      ? `The schema registry has no subject ${subject}. Check TOPIC_PREFIX and SCHEMA_REGISTRY_URL; "listingstream snapshot" registers the first version.`
      : `Subject ${subject} has no version ${version}. It has ${known.join(', ')}.`,
  )
}
