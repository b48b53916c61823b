import type { Settings } from '../../config/settings.ts'
import { SettingsError } from '../../config/settings-error.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import { RESOURCES } from '../../resources/index.ts'

/**
 * What is replicated (setting `RESOURCES`), in the order of the list.
 *
 * @throws {SettingsError} if one is named that there is not
 */
export function chosenResources({ resources }: Settings['feed']): readonly ResourceDescription[] {
  const known: readonly ResourceDescription[] = RESOURCES
  const unknown = resources.filter((name) => !known.some((resource) => resource.name === name))
  if (unknown.length > 0) {
    const problem = `There is no resource ${unknown.join(', ')}. There are: ${known.map(({ name }) => name).join(', ')}. Example: ${known[0]?.name ?? ''}`
    throw new SettingsError([{ name: 'RESOURCES', problem }])
  }
  return known.filter(({ name }) => resources.includes(name))
}

/** @throws {SettingsError} if it is not among those that are replicated */
export function requireChosen(feed: Settings['feed'], { name }: ResourceDescription): void {
  if (chosenResources(feed).some((resource) => resource.name === name)) return
  const problem = `This feed replicates ${feed.resources.join(', ')}, and not ${name}: name one of them by --resource, or add it. Example: ${[...feed.resources, name].join(',')}`
  throw new SettingsError([{ name: 'RESOURCES', problem }])
}
