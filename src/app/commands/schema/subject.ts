/** The versions of `ListingUpserted` in the registry, for the commands `schema …`. */
import { Option } from 'commander'

import { loadSettings } from '../../../config/load-settings.ts'
import type { SchemaRegistry, SubjectVersion } from '../../../events/registry/schema-registry.ts'
import { subjectName } from '../../../events/registry/subject-name.ts'
import { LISTINGS } from '../../../resources/listings.ts'
import { topicNames, type TopicNames } from '../../../feed/topics.ts'
import { ListingstreamError } from '../../../support/errors.ts'
import { schemaRegistry } from '../../compose/clients.ts'
import { loggerFor } from '../../compose/surroundings.ts'
import { wholeNumber } from '../options.ts'

export function versionOption(): Option {
  return new Option('--version <n>', 'of the subject; without it the latest').argParser(wholeNumber)
}

/** A subject or a version that the registry does not have. */
export class SchemaMissing extends ListingstreamError {
  constructor(message: string) {
    super(message, { code: 'SCHEMA_MISSING', retryable: false })
  }
}

export interface SchemaSubject {
  readonly registry: SchemaRegistry
  readonly subject: string
  readonly names: TopicNames
}

/** Subject of `ListingUpserted`, by the settings. */
export function listingSubject(): SchemaSubject {
  const settings = loadSettings(['registry', 'feed', 'log'])
  // For what it warns of.
  loggerFor(settings)
  const names = topicNames(settings.feed.topicPrefix)
  return {
    registry: schemaRegistry(settings.registry),
    subject: subjectName(names.data(LISTINGS), LISTINGS.events.upserted),
    names,
  }
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
