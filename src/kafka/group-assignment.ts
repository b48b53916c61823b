/** How the members of a group share the partitions out, in the bytes and by the rule that other clients know. */
import kafkajs from 'kafkajs'

import { InvariantViolation } from '../support/errors.ts'

/**
 * Java's `RangeAssignor`, which is in its default list, and librdkafka's `range`. Of topics with as many partitions each, a
 * member has the same ones, so a listing and its photos go to one member.
 */
export const RANGE = 'range'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

interface Subscriber {
  readonly memberId: string
  readonly topics: readonly string[]
}

type Assignment = Readonly<Record<string, readonly number[]>>

const NO_DATA = Buffer.alloc(0)

export function encodeSubscription(topics: readonly string[]): Buffer {
  return kafkajs.AssignerProtocol.MemberMetadata.encode({
    version: 0,
    topics: [...topics],
    userData: NO_DATA,
  })
}

/** @throws {InvariantViolation} if they are not what the protocol says */
export function decodeSubscription(bytes: Buffer): readonly string[] {
  const found = kafkajs.AssignerProtocol.MemberMetadata.decode(bytes)
  if (found === null) throw new InvariantViolation('A member of a consumer group subscribes to nothing.')
  return found.topics
}

export function encodeAssignment(assignment: Assignment): Buffer {
  const topics = Object.entries(assignment).map(([topic, partitions]): [string, number[]] => [
    topic,
    [...partitions],
  ])
  return kafkajs.AssignerProtocol.MemberAssignment.encode({
    version: 0,
    assignment: Object.fromEntries(topics),
    userData: NO_DATA,
  })
}

/** None of topics that were not asked for. A member without partitions may be sent no bytes at all. */
export function decodeAssignment(bytes: Buffer, topics: readonly string[]): readonly TopicPartition[] {
  const found = kafkajs.AssignerProtocol.MemberAssignment.decode(bytes)?.assignment ?? {}
  return Object.entries(found)
    .filter(([topic]) => topics.includes(topic))
    .flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition })))
}

/**
 * Of each topic, who subscribes to it gets neighbouring partitions, in the order of the members' ids; the first ones get
 * one more where they do not come out even.
 */
export function shareOut(
  members: readonly Subscriber[],
  partitionCount: (topic: string) => number,
): ReadonlyMap<string, Assignment> {
  const shares = new Map<string, Record<string, number[]>>(members.map(({ memberId }) => [memberId, {}]))
  for (const topic of new Set(members.flatMap(({ topics }) => topics))) {
    const takers = members
      .filter(({ topics }) => topics.includes(topic))
      .map(({ memberId }) => memberId)
      .toSorted()
    const count = partitionCount(topic)
    const each = Math.floor(count / takers.length)
    const more = count % takers.length
    let from = 0
    for (const [place, memberId] of takers.entries()) {
      const share = each + (place < more ? 1 : 0)
      const partitions = Array.from({ length: share }, (_, at) => from + at)
      if (share > 0) Object.assign(shares.get(memberId) ?? {}, { [topic]: partitions })
      from += share
    }
  }
  return shares
}
