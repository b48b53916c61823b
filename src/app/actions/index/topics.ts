/** What `index check` and `index rebuild` share: the topics that a key index is made from. */
import type { ResourceDescription } from '../../../domain/resource.ts'
import type { TopicNames } from '../../../feed/topic-names.ts'
import type { KafkaCluster } from '../../../kafka/cluster.ts'
import { surveyFeed, type FeedSurvey } from '../../../recovery/feed-survey.ts'
import { rebuildIndex } from '../../../recovery/index-recovery.ts'
import type { IndexState, KeyIndex } from '../../../replication/ports.ts'
import { openFeedReader } from '../../compose/feed-reader.ts'
import type { ReaderSettings } from '../../compose/settings-groups.ts'
import { now } from '../../compose/system-clock.ts'
import { createSteps } from '../../../ops/steps.ts'

export interface IndexTopics extends AsyncDisposable {
  readonly cluster: KafkaCluster
  readonly resources: readonly ResourceDescription[]
  readonly names: TopicNames
  readonly survey: FeedSurvey
}

export async function openTopics(
  settings: ReaderSettings,
  index: IndexState | null,
  signal: AbortSignal,
): Promise<IndexTopics> {
  await using opened = new AsyncDisposableStack()
  const { cluster, resources, names, log } = opened.use(await openFeedReader(settings, signal))
  const survey = await surveyFeed({ cluster, names, log, index, resources }, signal)
  const owned = opened.move()
  return { cluster, resources, names, survey, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** With its progress on standard error. Answers how many records were read. */
export function rebuildFrom(
  { cluster, resources, names, survey: { feed, extent } }: IndexTopics,
  index: KeyIndex,
  signal: AbortSignal,
): Promise<number> {
  let percent = 0
  const work = async (): Promise<number> => {
    const records = await rebuildIndex(
      {
        cluster,
        names,
        resources,
        index,
        feed,
        extent,
        now,
        onProgress: ({ done, total }) => (percent = total === 0 ? 100 : Math.floor((100 * done) / total)),
      },
      signal,
    )
    percent = 100
    return records
  }
  return createSteps().step(`Reading the topics of ${names.prefix}`, work, () => `${percent} %`)
}
