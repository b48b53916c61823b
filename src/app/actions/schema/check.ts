/** `schema check`: whether the source's metadata, or the program's own file, would change a schema. Registers nothing. */
import { loadSettings, type FeedChoice } from '../../../config/load-settings.ts'
import type { Settings } from '../../../config/settings.ts'
import { parseAvroRecord, nestedRecord } from '../../../events/schema/avro-record.ts'
import { evolve } from '../../../events/schema/event-schema.ts'
import { readSchemaFile } from '../../../events/schema/schema-file.ts'
import { schemaChanges, type SchemaChange } from '../../../contract/schema-changes.ts'
import type { SubjectVersion } from '../../../events/registry/schema-registry.ts'
import type { FieldDescription } from '../../../domain/field-description.ts'
import type { ResourceDescription } from '../../../domain/resource.ts'
import { SparkApiError } from '../../../spark/spark-api-error.ts'
import type { SparkMetadata } from '../../../spark/spark-metadata.ts'
import { printJson, printLines } from '../../../support/print.ts'
import { lookingSource } from '../../compose/looking-source.ts'
import { withTypeNames } from '../../metadata/metadata-refresher.ts'
import { schemaSubject } from './subject.ts'

export interface CheckOptions extends FeedChoice {
  readonly resource: ResourceDescription
  readonly json?: true
}

/** Exit code where a new version would be made, as of a comparison that found differences. */
const WOULD_CHANGE = 1

/** Exit code 0 if nothing would change. */
export async function checkSchema(
  { resource, json, feed }: CheckOptions,
  signal: AbortSignal,
): Promise<number> {
  const { events } = resource
  const { registry, subject } = schemaSubject(resource, { feed })
  const asked = await askedOf(resource, { feed }, signal)
  const latest = await registry.version(subject, 'latest', signal)
  const next = evolve(latest?.schema ?? null, asked.fields, {
    resource,
    volatileFields: asked.volatileFields,
    written: readSchemaFile(events.upserted),
  })
  const changed = next !== latest?.schema
  const content = nestedRecord(parseAvroRecord(next), events.content)
  const found: SchemaCheck = {
    subject,
    version: latest?.version ?? null,
    changed,
    fields: nestedRecord(content, events.fields).fields.length,
    changes: changed && latest !== undefined ? schemaChanges(latest.schema, next) : [],
    compatible: !changed || (await registry.check(subject, next, signal)),
  }
  if (json === true) printJson(found)
  else printLines(describeCheck(found, latest, ORIGINS[resource.fields.from]))
  return changed ? WOULD_CHANGE : 0
}

export interface SchemaCheck {
  readonly subject: string
  /** The latest; null if the subject has none. */
  readonly version: number | null
  readonly changed: boolean
  /** Those of the source, at the top, in the schema that is asked for. */
  readonly fields: number
  readonly changes: readonly SchemaChange[]
  /** What the registry says. */
  readonly compatible: boolean
}

/** What asks for a schema. */
const ORIGINS = {
  metadata: "the source's metadata",
  schema: 'this version of listingstream',
} as const satisfies Record<ResourceDescription['fields']['from'], string>

export function describeCheck(
  { subject, version, changed, fields, changes, compatible }: SchemaCheck,
  latest: Pick<SubjectVersion, 'id'> | undefined,
  origin: string,
): readonly string[] {
  if (latest === undefined || version === null) {
    return [`${subject} has no version yet; ${origin} would make the first one, with ${fields} fields`]
  }
  const which = `${subject} version ${version} (schema id ${latest.id})`
  if (!changed) return [`${which}: ${origin} would change nothing`]
  const verdict = compatible
    ? 'the registry would take it as the next version'
    : `the registry would refuse it: the feed would go on with version ${version}, new values in unmappedFields`
  const told = changes.length === 0 ? ['only the text of the schema'] : changes.map(({ text }) => text)
  return [`${which}: ${origin} would change`, ...told.map((text) => `  ${text}`), verdict]
}

/** Nothing for a schema that is written by hand: then neither API nor token is needed. */
async function askedOf(
  { fields }: ResourceDescription,
  { feed }: FeedChoice,
  signal: AbortSignal,
): Promise<{ readonly fields: readonly FieldDescription[]; readonly volatileFields: readonly string[] }> {
  if (fields.from === 'schema') return { fields: [], volatileFields: [] }
  const settings = loadSettings(['spark', 'passes', 'log'], { feed })
  return {
    fields: await sourceFields(settings, signal),
    volatileFields: settings.passes.volatileFields,
  }
}

/** As a pass of `run` sees them. */
async function sourceFields(
  settings: Pick<Settings, 'spark' | 'log'>,
  signal: AbortSignal,
): Promise<readonly FieldDescription[]> {
  await using looking = lookingSource(settings)
  const { source } = looking
  const fields = await source.metadata.standardFields(undefined, signal)
  if (fields.kind === 'unchanged') return []
  return withTypeNames(fields.items, await propertyTypes(source.metadata, signal))
}

/** Only docs are poorer without them. */
async function propertyTypes(
  metadata: SparkMetadata,
  signal: AbortSignal,
): Promise<Parameters<typeof withTypeNames>[1]> {
  try {
    const types = await metadata.propertyTypes(undefined, signal)
    return types.kind === 'fetched' ? types.items : []
  } catch (error) {
    if (error instanceof SparkApiError) return []
    throw error
  }
}
