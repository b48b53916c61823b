import type { TopicNames } from '../../feed/topic-names.ts'
import { RESOURCES, SUBRESOURCES } from '../../resources/index.ts'

/** Every topic that subscribers of a feed may read, of events and of rows, whatever this machine is set to replicate; some may not exist. */
export function possibleDataTopics(names: TopicNames): readonly string[] {
  const resources = [...RESOURCES, ...SUBRESOURCES]
  return [
    ...resources.map((resource) => names.data(resource)),
    ...resources.map((resource) => names.rows(resource)),
  ]
}
