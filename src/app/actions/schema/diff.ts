/** `schema diff`: what changed between two versions, in words. */
import { schemaChanges } from '../../../contract/schema-changes.ts'
import type { FeedChoice } from '../../../config/load-settings.ts'
import type { ResourceDescription } from '../../../domain/resource.ts'
import type { SubjectVersion } from '../../../events/registry/schema-registry.ts'
import { printJson, printLines } from '../../../support/print.ts'
import { requireVersion, schemaSubject, type SchemaSubject } from './subject.ts'

export interface DiffFlags extends FeedChoice {
  readonly resource: ResourceDescription
  /** Of its rows. */
  readonly rows?: true
  readonly json?: true
}

interface DiffOptions extends DiffFlags {
  /** @default the version before the latest */
  readonly from: number | undefined
  /** @default the latest version */
  readonly to: number | undefined
}

export async function diffSchemas(
  { resource, rows, from, to, json, feed }: DiffOptions,
  signal: AbortSignal,
): Promise<number> {
  const subject = schemaSubject(resource, { feed }, rows)
  const later = await requireVersion(subject, to ?? 'latest', signal)
  const earlier = await earlierVersion(subject, from, later, signal)
  const changes = earlier === undefined ? [] : schemaChanges(earlier.schema, later.schema)
  if (json === true) {
    printJson({ subject: subject.subject, from: earlier?.version ?? null, to: later.version, changes })
  } else {
    printLines([titleOf(earlier, later, changes.length), ...changes.map(({ text }) => `  ${text}`)])
  }
  return 0
}

/** Undefined if the later one is the first. */
async function earlierVersion(
  subject: SchemaSubject,
  from: number | undefined,
  later: SubjectVersion,
  signal: AbortSignal,
): Promise<SubjectVersion | undefined> {
  if (from !== undefined) return requireVersion(subject, from, signal)
  // Versions may have been deleted.
  const versions = await subject.registry.versions(subject.subject, signal)
  const previous = versions.findLast((version) => version < later.version)
  return previous === undefined ? undefined : requireVersion(subject, previous, signal)
}

function titleOf(earlier: SubjectVersion | undefined, later: SubjectVersion, changes: number): string {
  if (earlier === undefined) return `version ${later.version} is the first one`
  const count = changes === 1 ? '1 change' : `${changes} changes`
  return `version ${earlier.version} to ${later.version}: ${changes === 0 ? 'no change' : count}`
}
