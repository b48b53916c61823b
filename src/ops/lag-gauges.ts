import { Gauge, type Registry } from 'prom-client'

import type { Instant, Millis } from '../domain/instant.ts'

/** Of one group on one topic. */
export interface GroupFigures {
  readonly group: string
  /** Without its prefix. */
  readonly topic: string
  /** Null if the group does not show them. */
  readonly members: number | null
  readonly verdict: string
  /** What becomes of the deletes. */
  readonly deletes: string
  readonly behind: number
  readonly behindMs: Millis
  /** Null if that is not known. */
  readonly catchUpMs: Millis | null
  /** Null if there is none. */
  readonly deletesLeftMs: Millis | null
}

export interface LagFigures {
  /** Null before the first look. */
  readonly at: Instant | null
  readonly groups: readonly GroupFigures[]
}

const SECOND = 1000

/** Each reads the last look at the time of the scrape. A group that is no more is no more there, either. */
export function addLagGauges(registry: Registry, figures: () => LagFigures): void {
  const registers = [registry]
  const each = <T extends string>(
    gauge: Gauge<T>,
    set: (group: GroupFigures, labels: { readonly group: string; readonly topic: string }) => void,
  ): void => {
    gauge.reset()
    for (const one of figures().groups) set(one, { group: one.group, topic: one.topic })
  }
  const looked = new Gauge({
    name: 'listingstream_group_look_timestamp_seconds',
    help: 'When the consumer groups were last looked at',
    registers,
    collect: () => {
      const { at } = figures()
      looked.set((at ?? 0) / SECOND)
    },
  })
  const records = new Gauge({
    name: 'listingstream_group_lag_records',
    help: 'Committed records that the group has not read',
    labelNames: ['group', 'topic'],
    registers,
    collect: () => {
      each(records, ({ behind }, labels) => records.set(labels, behind))
    },
  })
  const seconds = new Gauge({
    name: 'listingstream_group_lag_seconds',
    help: 'Age of the oldest of them',
    labelNames: ['group', 'topic'],
    registers,
    collect: () => {
      each(seconds, ({ behindMs }, labels) => seconds.set(labels, behindMs / SECOND))
    },
  })
  const catchUp = new Gauge({
    name: 'listingstream_group_catch_up_seconds',
    help: 'Until it has read everything at its rate; absent while it gains no ground',
    labelNames: ['group', 'topic'],
    registers,
    collect: () => {
      each(catchUp, ({ catchUpMs }, labels) => {
        if (catchUpMs !== null) catchUp.set(labels, catchUpMs / SECOND)
      })
    },
  })
  addStates(registers, each)
}

type Each = <T extends string>(
  gauge: Gauge<T>,
  set: (group: GroupFigures, labels: { readonly group: string; readonly topic: string }) => void,
) => void

function addStates(registers: Registry[], each: Each): void {
  const members = new Gauge({
    name: 'listingstream_group_members',
    help: 'Members of the group; absent if it does not show them',
    labelNames: ['group'],
    registers,
    collect: () => {
      each(members, ({ group, members: count }) => {
        if (count !== null) members.set({ group }, count)
      })
    },
  })
  const verdicts = new Gauge({
    name: 'listingstream_group_verdict',
    help: 'Always 1: how the group does, by its last ten looks',
    labelNames: ['group', 'topic', 'verdict'],
    registers,
    collect: () => {
      each(verdicts, ({ verdict }, labels) => verdicts.set({ ...labels, verdict }, 1))
    },
  })
  const deletes = new Gauge({
    name: 'listingstream_group_deletes',
    help: 'Always 1: whether the group sees every delete',
    labelNames: ['group', 'topic', 'state'],
    registers,
    collect: () => {
      each(deletes, ({ deletes: state }, labels) => deletes.set({ ...labels, state }, 1))
    },
  })
  const left = new Gauge({
    name: 'listingstream_group_deletes_left_seconds',
    help: 'Until tombstones may vanish that it has not read; absent if there is nothing to read',
    labelNames: ['group', 'topic'],
    registers,
    collect: () => {
      each(left, ({ deletesLeftMs }, labels) => {
        if (deletesLeftMs !== null) left.set(labels, deletesLeftMs / SECOND)
      })
    },
  })
}
