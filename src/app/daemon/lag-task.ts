/** `run` looks at the groups that read its feed, beside its work: whatever becomes of that, the feed goes on. */
import type { DeleteState } from '../../consumer/lag/deletes.ts'
import { LagWatch, type LagReport } from '../../consumer/lag/lag-watch.ts'
import type { Millis } from '../../domain/instant.ts'
import { topicNames } from '../../feed/topic-names.ts'
import { connectKafka, type KafkaCluster } from '../../kafka/cluster.ts'
import type { KafkaSettings } from '../../kafka/settings.ts'
import type { GroupFigures, LagFigures } from '../../ops/lag-gauges.ts'
import type { Logger } from '../../ops/logger.ts'
import type { Clock } from '../../replication/ports.ts'
import { possibleDataTopics } from '../compose/data-topics.ts'
import { firstOfSeries } from '../../support/first-of-series.ts'

const QUIET_MS = 60 * 60_000

export interface LagTaskOptions {
  readonly kafka: KafkaSettings
  /** `TOPIC_PREFIX` */
  readonly prefix: string
  /** `LAG_INTERVAL` */
  readonly intervalMs: Millis
  readonly clock: Clock
  readonly logger: Logger
}

const WORDS: Readonly<Record<DeleteState, string>> = {
  safe: 'the group sees every delete again',
  will_lose: 'the group will lose deletes: it will not get there before tombstones vanish',
  may_have_lost:
    'the group may have lost deletes: tombstones may have vanished from what it has still to read',
  passed_gap: 'the group has passed a gap in which deletes may have vanished',
}

export class LagTask {
  readonly #options: LagTaskOptions
  #states: ReadonlyMap<string, DeleteState> = new Map()
  #report: LagReport | null = null

  constructor(options: LagTaskOptions) {
    this.#options = options
  }

  /** Of the last look that succeeded. */
  figures(): LagFigures {
    const { prefix } = this.#options
    const { at, groups } = this.#report ?? { at: null, groups: [] }
    return { at, groups: groups.flatMap((group) => figuresOf(group, prefix)) }
  }

  /** Until the signal aborts; then it rejects with its reason. */
  async run(signal: AbortSignal): Promise<never> {
    const { clock, intervalMs, logger } = this.#options
    const tell = firstOfSeries(QUIET_MS, (err: unknown) =>
      logger.warn({ err }, 'the consumer groups cannot be looked at; that is tried again, and told once'),
    )
    await using open = new AsyncDisposableStack()
    let watch: LagWatch | undefined
    for (;;) {
      try {
        watch ??= this.#watch(open.use(await this.#connect(signal)))
        this.#take(await watch.look(signal))
      } catch (error) {
        signal.throwIfAborted()
        tell(error)
      }
      await clock.sleep(intervalMs, signal)
    }
  }

  #connect(signal: AbortSignal): Promise<KafkaCluster> {
    return connectKafka(this.#options.kafka, signal)
  }

  #watch(cluster: KafkaCluster): LagWatch {
    const topics = possibleDataTopics(topicNames(this.#options.prefix))
    return new LagWatch({ cluster, topics, now: () => this.#options.clock.now() })
  }

  /** What becomes of deletes is told when it changes. */
  #take(report: LagReport): void {
    this.#report = report
    const states = new Map<string, DeleteState>()
    for (const { group, topics } of report.groups) {
      for (const { topic, deletes, behind } of topics) {
        const id = JSON.stringify([group, topic])
        states.set(id, deletes.state)
        if (deletes.state === (this.#states.get(id) ?? 'safe')) continue
        const facts = { group, topic, behind, deletes: deletes.state, leftMs: deletes.leftMs }
        const level = deletes.state === 'safe' ? 'info' : 'warn'
        this.#options.logger[level](facts, WORDS[deletes.state])
      }
    }
    this.#states = states
  }
}

function figuresOf({ group, members, topics }: LagReport['groups'][number], prefix: string): GroupFigures[] {
  return topics.map(({ topic, verdict, behind, behindMs, catchUpMs, deletes }) => ({
    group,
    topic: topic.slice(prefix.length + 1),
    members,
    verdict,
    deletes: deletes.state,
    behind,
    behindMs,
    catchUpMs,
    deletesLeftMs: deletes.leftMs,
  }))
}
