import type { Settings } from '../../config/settings.ts'
import { SettingsError } from '../../config/settings-error.ts'
import { published, type ListedResource, type ResourceDescription } from '../../domain/resource.ts'
import { RESOURCES } from '../../resources/index.ts'

/**
 * What is replicated (setting `RESOURCES`), in the order of the list.
 *
 * @throws {SettingsError} if one is named that there is not
 */
export function chosenResources({ resources }: Settings['feed']): readonly ListedResource[] {
  const known: readonly ListedResource[] = RESOURCES
  const unknown = resources.filter((name) => !known.some((resource) => resource.name === name))
  if (unknown.length > 0) {
    const problem = `There is no resource ${unknown.join(', ')}. There are: ${known.map(({ name }) => name).join(', ')}. Example: ${known[0]?.name ?? ''}`
    throw new SettingsError([{ name: 'RESOURCES', problem }])
  }
  return known.filter(({ name }) => resources.includes(name))
}

/** All of them that have a topic. */
export function publishedResources(feed: Settings['feed']): readonly ResourceDescription[] {
  return published(chosenResources(feed))
}

/** As it is replicated. @throws {SettingsError} if it is not among those that are */
export function requireChosen(feed: Settings['feed'], { name }: ListedResource): ListedResource {
  const chosen = chosenResources(feed).find((resource) => resource.name === name)
  if (chosen !== undefined) return chosen
  const problem = `This feed replicates ${feed.resources.join(', ')}, and not ${name}: name one of them by --resource, or add it. Example: ${[...feed.resources, name].join(',')}`
  throw new SettingsError([{ name: 'RESOURCES', problem }])
}
