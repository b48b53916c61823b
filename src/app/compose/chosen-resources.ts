import type { Settings } from '../../config/settings.ts'
import { SettingsError } from '../../config/settings-error.ts'
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
 * @throws {SettingsError} if one is named that there is not
 */
export function chosenResources({
  resources,
  subresources,
  listingsScope,
}: FeedSettings): readonly ListedResource[] {
  const known: readonly ListedResource[] = RESOURCES
  requireKnown('RESOURCES', 'resource', resources, known)
  const chosen = known.filter(({ name }) => resources.includes(name))
  requireKnown(
    'SUBRESOURCES',
    `subresource of ${resources.join(', ')}`,
    subresources,
    SUBRESOURCES.filter((set) => chosen.some(({ name }) => name === set.parent)).map(({ part }) => ({
      name: part,
    })),
  )
  return chosen.map((resource) => {
    const sets = SUBRESOURCES.filter((set) => set.parent === resource.name && subresources.includes(set.part))
    const scope = resource.name === LISTINGS.name ? listingsScope : resource.scope
    return { ...resource, subresources: sets, scope }
  })
}

/** @throws {SettingsError} if a setting names one that there is not */
export function requireKnown(
  setting: string,
  what: string,
  names: readonly string[],
  known: readonly { readonly name: string }[],
): void {
  const unknown = names.filter((name) => !known.some((one) => one.name === name))
  if (unknown.length === 0) return
  const there = known.length === 0 ? 'none' : known.map(({ name }) => name).join(', ')
  const example = known[0] === undefined ? '' : ` Example: ${known[0].name}`
  const problem = `There is no ${what} named ${unknown.join(', ')}. There are: ${there}.${example}`
  throw new SettingsError([{ name: setting, problem }])
}

/** All of them that have a topic. */
export function publishedResources(feed: FeedSettings): readonly ResourceDescription[] {
  return published(chosenResources(feed))
}

/** As it is replicated. @throws {SettingsError} if it is not among those that are */
export function requireChosen(feed: FeedSettings, { name }: Replicated): Replicated {
  const replicated = published(chosenResources(feed))
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
