import type { DeleteRisk } from '../../consumer/lag/deletes.ts'
import type { GroupLag, TopicLag } from '../../consumer/lag/group-lag.ts'
import type { LagReport } from '../../consumer/lag/lag-watch.ts'
import { formatInstant } from '../../domain/instant.ts'

/** As `lag --json` says it: durations in seconds, times in ISO 8601. */
export function lagJson({ at, groups, absent }: LagReport): object {
  return {
    at: formatInstant(at),
    groupsNotFound: absent,
    groups: groups.map((lag) => ({
      group: lag.group,
      members: lag.members,
      ...figures(lag),
      topics: lag.topics.map((topic) => ({
        topic: topic.topic,
        ...figures(topic),
        uncommittedPartitions: topic.uncommitted,
        beyondEnd: topic.beyondEnd,
        partitions: topic.partitions,
      })),
    })),
  }
}

function figures(lag: GroupLag | TopicLag): object {
  const { verdict, behind, exact, oldestUnreadAt, behindMs, rate, catchUpMs, deletes } = lag
  return {
    verdict,
    behind,
    exact,
    oldestUnreadAt: oldestUnreadAt === null ? null : formatInstant(oldestUnreadAt),
    behindSeconds: behindMs / 1000,
    recordsPerSecond: rate,
    catchUpSeconds: catchUpMs === null ? null : catchUpMs / 1000,
    deletes: deletesJson(deletes),
  }
}

function deletesJson({ state, leftMs }: DeleteRisk): object {
  return { state, leftSeconds: leftMs === null ? null : leftMs / 1000 }
}
