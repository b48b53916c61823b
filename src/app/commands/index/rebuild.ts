/** `index rebuild`: the key index anew from the topics. */
import type { Command } from 'commander'

import { loadSettings } from '../../../config/load-settings.ts'
import { openKeyIndex } from '../../../key-index/open-key-index.ts'
import { printLine } from '../../../support/print.ts'
import { publishedResources } from '../../compose/chosen-resources.ts'
import { READER_GROUPS } from '../../compose/settings-groups.ts'
import type { CommandHost } from '../command.ts'
import { openTopics, rebuildFrom } from './topics.ts'

export function registerIndexRebuild(group: Command, { signal, acting }: CommandHost): void {
  group
    .command('rebuild')
    .description('build it anew from the topics; publishes nothing and asks the source nothing')
    .action(acting(() => rebuildIndexByHand(signal)))
}

/** R2's rebuild by hand. The index belongs to the feed of the last checkpoint; the next start brings it forward. */
async function rebuildIndexByHand(signal: AbortSignal): Promise<number> {
  const settings = loadSettings(READER_GROUPS)
  const resources = publishedResources(settings.feed)
  await using index = await openKeyIndex(settings.feed.dataDir, { resources }, signal)
  await using topics = await openTopics(settings, null, signal)
  const records = await rebuildFrom(topics, index, signal)
  printLine(`index rebuilt from the topics: ${records} records, generation ${topics.survey.feed.generation}`)
  return 0
}
