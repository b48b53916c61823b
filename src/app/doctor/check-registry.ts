import { eventRecords } from '../../domain/resource.ts'
import { COMPATIBILITY } from '../../events/registry/schema-registry.ts'
import { subjectName } from '../../events/registry/subject-name.ts'
import type { FeedReader } from '../compose/feed-reader.ts'
import { ok, wrong, type Finding } from './finding.ts'

/** Finds nothing in one that answers; without it the checkpoints cannot be read. */
export async function requireRegistry(
  { registry, names }: Pick<FeedReader, 'registry' | 'names'>,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  await registry.versions(subjectName(names.checkpoints, 'Checkpoint'), signal)
  return []
}

/** Whether somebody has loosened what subscribers rely on. */
export async function checkRegistry(
  { registry, names, resources }: Pick<FeedReader, 'registry' | 'names' | 'resources'>,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const subjects = resources.flatMap((resource) =>
    eventRecords(resource).map((record) => subjectName(names.data(resource), record)),
  )
  const findings: Finding[] = []
  let registered = 0
  for (const subject of subjects) {
    if ((await registry.latest(subject, signal)) === undefined) continue
    registered += 1
    const level = await registry.compatibility(subject, signal)
    if (level === COMPATIBILITY) continue
    findings.push(
      wrong(
        'registry',
        `the subject ${subject} has the compatibility ${level ?? "of the registry's default"}, not ${COMPATIBILITY}: a schema that subscribers cannot read would be taken`,
        `PUT /config/${subject} with {"compatibility": "${COMPATIBILITY}"}.`,
      ),
    )
  }
  if (findings.length > 0) return findings
  return [ok('registry', `the registry answers; ${registered} of ${subjects.length} subjects are there`)]
}
