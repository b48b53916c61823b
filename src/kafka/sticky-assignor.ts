/**
 * Shares partitions out so that they stay where they are, in two rounds: what is to move is first given up by its owner, and
 * goes to the other when the members join again (the idea of KIP-429). A member goes on meanwhile with what it keeps.
 */
import { z } from 'zod'

import { parseJson } from '../support/parse-json.ts'
import { encodeSubscription, type Assignor, type GroupSubscriber } from './group-assignment.ts'

/** What a member tells the one that shares out. */
export interface Holdings {
  /** What each partition stands for, by its number: it takes none beyond. */
  readonly names: readonly string[]
  /** Partitions that it has not given up. */
  readonly owned: readonly number[]
  /** Partitions that it has had, and would begin sooner with than another member, the latest first. @default none */
  readonly known?: readonly number[] | undefined
}

export interface StickyMember extends Holdings {
  readonly memberId: string
}

export interface StickyOptions {
  /** Asked at each joining. */
  readonly holdings: () => Holdings
  /** Told whether the group knows the partitions by the same names, after each sharing. */
  readonly onAgreement: (agrees: boolean) => void
}

const PROTOCOL = 'listingstream'
const HOLDINGS = z.object({
  v: z.literal(1),
  names: z.array(z.string()),
  owned: z.array(z.int().nonnegative()),
  known: z.array(z.int().nonnegative()).optional(),
})
const VERDICT = z.object({ v: z.literal(1), agrees: z.boolean() })
const NOTHING: Holdings = { names: [], owned: [] }

/** Of a group whose members subscribe to one topic. */
export function stickyAssignor({ holdings, onAgreement }: StickyOptions): Assignor {
  return {
    protocol: PROTOCOL,
    subscription: (topics) => {
      const { names, owned, known } = holdings()
      return encodeSubscription(topics, bytesOf({ v: 1, names, owned, known }))
    },
    assign: (subscribers) => {
      const [topic = ''] = subscribers.flatMap(({ topics }) => topics)
      const members = subscribers.map(stickyMember)
      const shares = shareOutSticky(members)
      return new Map(
        members.map(({ memberId }) => {
          const share = shares.get(memberId)
          const userData = bytesOf({ v: 1, agrees: share !== undefined })
          return [memberId, { partitions: { [topic]: share ?? [] }, userData }]
        }),
      )
    },
    onAssigned: (userData) => {
      const verdict = VERDICT.safeParse(parseJson(userData.toString('utf8')))
      if (verdict.success) onAgreement(verdict.data.agrees)
    },
  }
}

/**
 * Partitions by member; none of a member that knows them by other names than most do. What a member is to get and another one
 * has not given up, nobody is assigned.
 */
export function shareOutSticky(members: readonly StickyMember[]): ReadonlyMap<string, readonly number[]> {
  const names = agreedNames(members)
  const takers = members
    .filter((member) => isLeadingPart(member.names, names))
    .toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1))
  const target = targetOf(takers, names.length)
  return new Map(
    takers.map(({ memberId }) => {
      const others = new Set(takers.filter((one) => one.memberId !== memberId).flatMap(({ owned }) => owned))
      const share = (target.get(memberId) ?? []).filter((partition) => !others.has(partition))
      return [memberId, share.toSorted((a, b) => a - b)]
    }),
  )
}

/** The list that most members can work with: one may have been given more names than another, behind its own. */
function agreedNames(members: readonly StickyMember[]): readonly string[] {
  const followers = (names: readonly string[]): number =>
    members.filter((member) => isLeadingPart(member.names, names)).length
  const ranked = members
    .map(({ names }) => ({ names, followers: followers(names) }))
    .toSorted((a, b) => b.followers - a.followers || b.names.length - a.names.length)
  return ranked[0]?.names ?? []
}

function isLeadingPart(part: readonly string[], names: readonly string[]): boolean {
  return part.every((name, at) => names[at] === name)
}

/** Where everything is to be in the end: nobody has two more than another, and no more moves than that takes. */
function targetOf(members: readonly StickyMember[], count: number): ReadonlyMap<string, readonly number[]> {
  const target = new Map(members.map(({ memberId }): [string, number[]] => [memberId, []]))
  if (members.length === 0) return target
  const taken = new Set<number>()
  for (const { memberId, names, owned } of members) {
    for (const partition of new Set(owned)) {
      if (partition >= names.length || taken.has(partition)) continue
      taken.add(partition)
      target.get(memberId)?.push(partition)
    }
  }
  const each = Math.floor(count / members.length)
  const withOneMore = count % members.length
  const byLoad = [...target.values()].toSorted((a, b) => b.length - a.length)
  // Only so many as a member may have: those before have been others' since.
  const needy = members
    .filter(({ memberId }) => (target.get(memberId)?.length ?? 0) < each)
    .map(({ memberId, names, known = [] }) => {
      const latest = known.filter((partition) => partition < names.length).slice(0, each)
      return { memberId, known: new Set(latest) }
    })
  const isKnownToNeedy = (partition: number): boolean => needy.some(({ known }) => known.has(partition))
  for (const [place, share] of byLoad.entries()) {
    const most = each + (place < withOneMore ? 1 : 0)
    // What somebody else knows is given up first.
    share.sort((a, b) => Number(isKnownToNeedy(a)) - Number(isKnownToNeedy(b)) || a - b)
    for (const partition of share.splice(most)) taken.delete(partition)
  }
  const free = Array.from({ length: count }, (_, partition) => partition).filter((one) => !taken.has(one))
  const rest = free.filter((partition) => {
    const knowing = needy.find(
      ({ memberId, known }) => known.has(partition) && (target.get(memberId)?.length ?? 0) < each,
    )
    if (knowing === undefined) return true
    target.get(knowing.memberId)?.push(partition)
    return false
  })
  for (const partition of rest) {
    const able = members.filter(({ names }) => partition < names.length)
    const least = able
      .map(({ memberId }) => target.get(memberId))
      .filter((share) => share !== undefined)
      .toSorted((a, b) => a.length - b.length)[0]
    least?.push(partition)
  }
  return target
}

function stickyMember({ memberId, userData }: GroupSubscriber): StickyMember {
  const holdings = HOLDINGS.safeParse(parseJson(userData.toString('utf8')))
  return { memberId, ...(holdings.success ? holdings.data : NOTHING) }
}

function bytesOf(value: object): Buffer {
  return Buffer.from(JSON.stringify(value))
}
