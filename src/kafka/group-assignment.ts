/** How the members of a group share the partitions out, in the bytes and by the rule that other clients know. */
import kafkajs from 'kafkajs'

import { InvariantViolation } from '../support/errors.ts'

/**
 * Java's `RangeAssignor`, which is in its default list, and librdkafka's `range`. Of topics with as many partitions each, a
 * member has the same ones, so a listing and its photos go to one member.
 */
const RANGE = 'range'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

interface Subscriber {
  readonly memberId: string
  readonly topics: readonly string[]
}

export interface GroupSubscriber extends Subscriber {
  /** What its assignor sends along. */
  readonly userData: Buffer
}

type Assignment = Readonly<Record<string, readonly number[]>>

interface Share {
  readonly partitions: Assignment
  /** For the member's assignor. */
  readonly userData?: Buffer
}

/** A rule by which partitions are shared out. All members of a group have the same one. */
export interface Assignor {
  /** Its name in the group's protocol. */
  readonly protocol: string
  /** What a member says when it joins. */
  subscription(topics: readonly string[]): Buffer
  /** Done by one member for all; by member. */
  assign(
    members: readonly GroupSubscriber[],
    partitionCount: (topic: string) => number,
  ): ReadonlyMap<string, Share>
  /** Told what came with a member's own share. */
  onAssigned?(userData: Buffer): void
}

export const RANGE_ASSIGNOR: Assignor = {
  protocol: RANGE,
  subscription: (topics) => encodeSubscription(topics),
  assign: (members, partitionCount) =>
    new Map(
      [...shareOut(members, partitionCount)].map(([memberId, partitions]) => [memberId, { partitions }]),
    ),
}

const NO_DATA: Buffer = Buffer.alloc(0)

export function encodeSubscription(topics: readonly string[], userData = NO_DATA): Buffer {
  return kafkajs.AssignerProtocol.MemberMetadata.encode({ version: 0, topics: [...topics], userData })
}

/** @throws {InvariantViolation} if they are not what the protocol says */
export function decodeSubscription(bytes: Buffer): Omit<GroupSubscriber, 'memberId'> {
  const found = kafkajs.AssignerProtocol.MemberMetadata.decode(bytes)
  if (found === null) throw new InvariantViolation('A member of a consumer group subscribes to nothing.')
  return { topics: found.topics, userData: found.userData }
}

export function encodeAssignment(assignment: Assignment, userData = NO_DATA): Buffer {
  const topics = Object.entries(assignment).map(([topic, partitions]): [string, number[]] => [
    topic,
    [...partitions],
  ])
  return kafkajs.AssignerProtocol.MemberAssignment.encode({
    version: 0,
    assignment: Object.fromEntries(topics),
    userData,
  })
}

/** None of topics that were not asked for. A member without partitions may be sent no bytes at all. */
export function decodeAssignment(bytes: Buffer, topics: readonly string[]): readonly TopicPartition[] {
  const found = kafkajs.AssignerProtocol.MemberAssignment.decode(bytes)?.assignment ?? {}
  return Object.entries(found)
    .filter(([topic]) => topics.includes(topic))
    .flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition })))
}

/** What the one that shared out says to the member's assignor. */
export function assignedData(bytes: Buffer): Buffer {
  return kafkajs.AssignerProtocol.MemberAssignment.decode(bytes)?.userData ?? NO_DATA
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
