import type { SweepCertificate } from '../../domain/certificate.ts'
import type { PassId } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
import type { Feed } from '../feed.ts'

/** Certificates of what a sweep leaves in the topics: of its resource, and of each kind of sets of it. Passes go on beside. */
export async function certify(
  feed: Feed,
  resource: ListedResource,
  passId: PassId,
  signal: AbortSignal,
): Promise<readonly SweepCertificate[]> {
  const described = [resource, ...resource.subresources]
  const { index, nextOffsets } = await feed.committer.view(described, signal)
  await using view = index
  const at = feed.clock.now()
  const certificates: SweepCertificate[] = []
  for (const { name } of described) {
    const contents = await view.contents(name, signal)
    certificates.push({ resource: name, passId, at, endOffsets: nextOffsets(name), ...contents })
  }
  return certificates
}
