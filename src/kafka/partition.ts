import { asBuffer } from './outgoing-record.ts'

/**
 * The partition of a key as Java's default partitioner has it (`BuiltInPartitioner.partitionForKey`): every client
 * that leaves the choice to its library finds the same one.
 */
export function partitionFor(key: string | Uint8Array, partitions: number): number {
  return (murmur2(typeof key === 'string' ? Buffer.from(key) : asBuffer(key)) & 0x7fffffff) % partitions
}

/** 32-bit MurmurHash2 with Kafka's seed (`org.apache.kafka.common.utils.Utils.murmur2`); signed, as Java has it. */
export function murmur2(data: Buffer): number {
  const m = 0x5bd1e995
  const tail = data.length & ~3
  let h = 0x9747b28c ^ data.length
  for (let i = 0; i < tail; i += 4) {
    let k = Math.imul(data.readInt32LE(i), m)
    k = Math.imul(k ^ (k >>> 24), m)
    h = Math.imul(h, m) ^ k
  }
  if (tail < data.length) {
    h = Math.imul(h ^ data.readUIntLE(tail, data.length - tail), m)
  }
  h = Math.imul(h ^ (h >>> 13), m)
  return h ^ (h >>> 15)
}
