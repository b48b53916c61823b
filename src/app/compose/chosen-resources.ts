import type { Settings } from '../../config/settings.ts'
import { SettingsError, type SettingsMistake } from '../../config/settings-error.ts'
import {
  published,
  type ListedResource,
  type Replicated,
  type ResourceDescription,
} from '../../domain/resource.ts'
import { RESOURCES, SUBRESOURCES } from '../../resources/index.ts'
import { LISTINGS } from '../../resources/listings.ts'

type FeedSettings = Pick<Settings['feed'], 'resources' | 'subresources' | 'listingsScope'>

/**
 * What is replicated (settings `RESOURCES` and `SUBRESOURCES`), in the order of the list, and what of it
 * (`LISTINGS_FILTER`, `LISTINGS_SELECT` and `EXPAND`).
 *
 * @throws {SettingsError} with every name that there is not, and every set whose resource is not named
 */
export function chosenResources({
  resources,
  subresources,
  listingsScope,
}: FeedSettings): readonly ListedResource[] {
  const known: readonly ListedResource[] = RESOURCES
  const mistakes = [
    ...unknownNames('RESOURCES', 'resource', resources, known),
    ...unknownNames(
      'SUBRESOURCES',
      'subresource',
      subresources,
      SUBRESOURCES.map(({ part }) => ({ name: part })),
    ),
    ...withoutParent(resources, subresources),
  ]
  if (mistakes.length > 0) throw new SettingsError(mistakes)
  const chosen = known.filter(({ name }) => resources.includes(name))
  return chosen.map((resource) => {
    const sets = SUBRESOURCES.filter((set) => set.parent === resource.name && subresources.includes(set.part))
    const scope = resource.name === LISTINGS.name ? listingsScope : resource.scope
    return { ...resource, subresources: sets, scope }
  })
}

function withoutParent(
  resources: readonly string[],
  subresources: readonly string[],
): readonly SettingsMistake[] {
  const lonely = SUBRESOURCES.filter(
    (set) => subresources.includes(set.part) && !resources.includes(set.parent),
  )
  return lonely.map(({ part, parent }) => ({
    name: 'SUBRESOURCES',
    problem: `${part} belong to ${parent}, which RESOURCES has to name, too. Example: RESOURCES=${[...resources, parent].join(',')}`,
  }))
}

/** What is wrong with a setting that names one that there is not. */
export function unknownNames(
  setting: string,
  what: string,
  names: readonly string[],
  known: readonly { readonly name: string }[],
): readonly SettingsMistake[] {
  const unknown = names.filter((name) => !known.some((one) => one.name === name))
  if (unknown.length === 0) return []
  const there = known.map(({ name }) => name)
  const [example = ''] = there
  const problem = `There is no ${what} named ${unknown.join(', ')}. There are: ${there.join(', ')}. Example: ${example}`
  return [{ name: setting, problem }]
}

/** All of them that have a topic. */
export function publishedResources(feed: FeedSettings): readonly ResourceDescription[] {
  return published(chosenResources(feed))
}

/** As it is replicated. @throws {SettingsError} if it is not among those that are */
export function requireChosen(feed: FeedSettings, wanted: Replicated): Replicated {
  return requireAmong(feed, wanted, published(chosenResources(feed)))
}

/** The same of what takes lists alone: sets are no advice then. */
export function requireChosenList(feed: FeedSettings, wanted: Replicated): ListedResource {
  return requireAmong(feed, wanted, chosenResources(feed))
}

function requireAmong<T extends Replicated>(
  feed: FeedSettings,
  { name }: Replicated,
  replicated: readonly T[],
): T {
  const found = replicated.find((one) => one.name === name)
  if (found !== undefined) return found
  const set = SUBRESOURCES.find((one) => one.name === name)
  const [setting, values, own] =
    set === undefined ? ['RESOURCES', feed.resources, name] : ['SUBRESOURCES', feed.subresources, set.part]
  const now = values.length === 0 ? 'none' : values.join(', ')
  const others = replicated.map((one) => `--resource ${one.name}`).join(', ')
  const problem = `This is ${now}, without ${own}: name another one (${others}), or add it. Example: ${[...values, own].join(',')}`
  throw new SettingsError([{ name: setting, problem }])
}
