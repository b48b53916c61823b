/** `index rebuild`: the key index anew from the topics. */
import { loadSettings, type FeedChoice } from '../../../config/load-settings.ts'
import { openKeyIndex } from '../../../key-index/open-key-index.ts'
import { printLine } from '../../../support/print.ts'
import { publishedResources } from '../../compose/chosen-resources.ts'
import { READER_GROUPS } from '../../compose/settings-groups.ts'
import { openTopics, rebuildFrom } from './topics.ts'

/** R2's rebuild by hand. The index belongs to the feed of the last checkpoint; the next start brings it forward. */
export async function rebuildIndexByHand({ feed }: FeedChoice, signal: AbortSignal): Promise<number> {
  const settings = loadSettings(READER_GROUPS, { feed })
  const resources = publishedResources(settings.feed)
  await using index = await openKeyIndex(settings.feed.dataDir, { resources }, signal)
  await using topics = await openTopics(settings, null, signal)
  const records = await rebuildFrom(topics, index, signal)
  printLine(`index rebuilt from the topics: ${records} records, generation ${topics.survey.feed.generation}`)
  return 0
}
