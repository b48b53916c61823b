/** What `verify --json` prints: a line for each finding, then one for each resource. */
import type { KeyFinding } from '../../consumer/verify/compared-keys.ts'
import { isProved, type Verdict } from '../../consumer/verify/verdict.ts'
import { formatInstant } from '../../domain/instant.ts'
import type { ResourceName } from '../../domain/resource.ts'

export function findingJson(resource: ResourceName, { key, problem }: KeyFinding): object {
  return { event: 'finding', resource, key, problem }
}

export function verdictJson(verdict: Verdict): object {
  const { resource } = verdict
  const proved = isProved(verdict)
  if (verdict.kind === 'no-certificate') {
    return { event: 'verdict', resource, proved, certificate: null, why: verdict.why }
  }
  const { certificate, keys, recordsRead, problems, refuted, unproved } = verdict
  const { passId, at, generation, endOffsets, root } = certificate
  return {
    event: 'verdict',
    resource,
    proved,
    certificate: { passId, at: formatInstant(at), generation, endOffsets, keys: certificate.keys, root },
    keys,
    recordsRead,
    problems,
    refutedBuckets: refuted,
    unprovedBuckets: unproved,
  }
}
