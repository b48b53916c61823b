import type { SetDigest } from '../support/set-digest.ts'
import type { Instant } from './instant.ts'
import type { PassId } from './pass.ts'
import type { ResourceName } from './resource.ts'

/**
 * What a topic holds once everything below some offsets is applied, as a completed sweep left it: whoever has read so far can
 * prove that his store is the same (docs/certificate.md). Its set has each key that is there with the digest of its content.
 */
export interface SweepCertificate extends SetDigest {
  readonly resource: ResourceName
  /** The sweep. */
  readonly passId: PassId
  /** When the set was looked at, by the publisher's clock. */
  readonly at: Instant
  /** Of the resource's topic, by partition: next offsets of the last transaction that the set follows from. */
  readonly endOffsets: readonly number[]
}
