/** The certificates in the topic `control` (docs/certificate.md). */
import type { ResourceName } from '../domain/resource.ts'
import type { WriterSchemas } from '../events/registry/writer-schemas.ts'
import type { KafkaCluster } from '../kafka/cluster.ts'
import { readTopic } from '../kafka/read-topic.ts'
import { decodeState } from './decode-state.ts'
import type { CertificateRecord } from './state-records.ts'

/** Offsets read at a time, from the end backwards: a day of passes has some hundreds. */
const BLOCK = 2_000

export interface CertificateSearch {
  readonly cluster: KafkaCluster
  /** `control` */
  readonly topic: string
  readonly schemas: WriterSchemas
}

export interface FoundCertificate {
  /** The newest that fits; undefined if none does. */
  readonly fitting: CertificateRecord | undefined
  /** The newest of all. */
  readonly newest: CertificateRecord | undefined
}

/** Of each of the resources, the newest certificate that fits. Reads no more of the topic than that takes. */
export async function newestCertificates(
  { cluster, topic, schemas }: CertificateSearch,
  resources: readonly ResourceName[],
  fits: (certificate: CertificateRecord) => boolean,
  signal: AbortSignal,
): Promise<ReadonlyMap<ResourceName, FoundCertificate>> {
  const found = new Map<ResourceName, FoundCertificate>(
    resources.map((name) => [name, { fitting: undefined, newest: undefined }]),
  )
  if (!(await cluster.describeTopics([topic], signal)).has(topic)) return found
  const [offsets] = await cluster.topicOffsets(topic, signal)
  if (offsets === undefined) return found
  for (let to = offsets.end; to > offsets.beginning; to -= BLOCK) {
    if ([...found.values()].every(({ fitting }) => fitting !== undefined)) break
    const range = { partition: 0, from: Math.max(offsets.beginning, to - BLOCK), to }
    const inBlock = new Map<ResourceName, FoundCertificate>()
    for await (const { records } of readTopic(cluster, { topic, ranges: [range] }, signal)) {
      for (const { value } of records) {
        const record = value === null ? undefined : await decodeState(value, schemas, signal)
        if (record?.kind !== 'certificate') continue
        const { certificate } = record
        const earlier = inBlock.get(certificate.resource)
        const fitting = fits(certificate) ? certificate : earlier?.fitting
        inBlock.set(certificate.resource, { fitting, newest: certificate })
      }
    }
    for (const [name, later] of found) {
      const earlier = inBlock.get(name)
      const fitting = later.fitting ?? earlier?.fitting
      found.set(name, { fitting, newest: later.newest ?? earlier?.newest })
    }
  }
  return found
}
