/** Certificates of sweeps against a replay of their topics, as docs/certificate.md says it. */
import { createHash } from 'node:crypto'

import { recordsOf, type FeedDump, type FeedRecord, type Finding } from './findings.ts'
import type { JudgedResource } from './judged-resources.ts'
import type { FeedTransaction } from './transactions.ts'

const BUCKETS = 256

interface Certificate {
  readonly resource: string
  readonly passId: string
  readonly generation: number
  readonly endOffsets: readonly number[]
  readonly keys: number
  readonly buckets: readonly string[]
  readonly root: string
}

/** Nothing is compacted within a run, so that every one of the last generation can be replayed. */
export function* checkCertificates(
  resources: readonly JudgedResource[],
  dump: FeedDump,
  transactions: readonly FeedTransaction[],
): Generator<Finding> {
  const generation = transactions.at(-1)?.checkpoint.generation ?? 0
  const certificates = certificatesOf(dump).filter((certificate) => certificate.generation === generation)
  for (const certificate of certificates) {
    const resource = resources.find(({ name }) => name === certificate.resource)
    const what = `of ${certificate.resource} by sweep ${certificate.passId}`
    const difference =
      resource === undefined
        ? 'is of a resource that is not replicated'
        : compare(resource, dump, certificate)
    if (difference !== undefined) yield { column: 'wrong certificate', what: `the one ${what} ${difference}` }
  }
  yield* checkThere(resources, transactions, generation, certificates)
}

/** A sweep that is completed certifies its resource, and sets with their listings. */
function* checkThere(
  resources: readonly JudgedResource[],
  transactions: readonly FeedTransaction[],
  generation: number,
  certificates: readonly Certificate[],
): Generator<Finding> {
  const there = new Set(certificates.map(({ passId, resource }) => `${passId} ${resource}`))
  const [listings] = resources
  for (const { checkpoint } of transactions) {
    const { pass, passId, decidesOn, isCompleted } = checkpoint
    if (pass !== 'PURGE' || decidesOn !== null || !isCompleted || checkpoint.generation !== generation)
      continue
    const certified = resources.filter(
      ({ name, set }) =>
        name === checkpoint.resource || (set !== undefined && checkpoint.resource === listings?.name),
    )
    for (const { name } of certified) {
      if (!there.has(`${passId} ${name}`))
        yield { column: 'wrong certificate', what: `sweep ${passId} has none of ${name}` }
    }
  }
}

function certificatesOf({ control }: Pick<FeedDump, 'control'>): readonly Certificate[] {
  return control.flatMap(({ value }) => {
    if (value?.name !== 'SweepCertificate') return []
    const { body } = value
    const text = (name: string): string => String(body[name])
    return {
      resource: text('resource'),
      passId: text('passId'),
      generation: Number(body['generation']),
      endOffsets: body['endOffsets'] as readonly number[],
      keys: Number(body['keys']),
      buckets: body['buckets'] as readonly string[],
      root: text('root'),
    }
  })
}

function compare(resource: JudgedResource, dump: FeedDump, certificate: Certificate): string | undefined {
  const { endOffsets, keys, buckets, root } = certificate
  const last = new Map<string, FeedRecord>()
  for (const record of recordsOf(dump, resource)) {
    if (record.offset < (endOffsets[record.partition] ?? 0)) last.set(record.key, record)
  }
  const live = [...last.values()].filter(({ value }) => value?.name === resource.upserted)
  if (live.length !== keys) return `has ${keys} keys, the topic ${live.length}`
  const replayed = digestsOf(live)
  const other = replayed.findIndex((digest, bucket) => digest !== buckets[bucket])
  if (other !== -1 || buckets.length !== BUCKETS) return `differs from the topic in bucket ${other}`
  const of = createHash('sha256')
  for (const digest of replayed) of.update(Buffer.from(digest, 'hex'))
  return of.digest('hex') === root ? undefined : 'has a root that is not of its buckets'
}

function digestsOf(live: readonly FeedRecord[]): readonly string[] {
  const buckets: FeedRecord[][] = Array.from({ length: BUCKETS }, () => [])
  for (const record of live) buckets[createHash('sha256').update(record.key).digest()[0] ?? 0]?.push(record)
  return buckets.map((records) => {
    const digest = createHash('sha256')
    // Keys are ASCII: the order of their bytes.
    for (const { key, headers } of records.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
      const length = Buffer.alloc(2)
      length.writeUInt16BE(key.length)
      digest
        .update(length)
        .update(key)
        .update(Buffer.from(headers['digest'] ?? '', 'hex'))
    }
    return digest.digest('hex')
  })
}
