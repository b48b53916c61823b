import { loadFeeds, loadSettings, type FeedChoice } from '../../config/load-settings.ts'
import { scopeText, type Scope } from '../../domain/scope.ts'
import { requireLastingFilter } from '../compose/lasting-filter.ts'
import { DAEMON_GROUPS, type DaemonGroups } from '../compose/settings-groups.ts'

export interface DaemonSettings {
  /** In the order of the settings file; what belongs to the process is the same in each. */
  readonly feeds: readonly [SettingsOfFeed, ...SettingsOfFeed[]]
  /** Whether they come from a list. */
  readonly listed: boolean
  /** Whether they are but one of several that was named. */
  readonly chosen: boolean
}

/** @throws {SettingsError} */
export function readDaemonSettings(choice: FeedChoice, force: boolean): DaemonSettings {
  const loaded = loadFeeds(DAEMON_GROUPS, { feed: choice.feed })
  const { listed, chosen } = loaded
  const [first, ...others] = loaded.feeds
  const read = (settings: DaemonGroups): SettingsOfFeed => new SettingsOfFeed(settings, listed, force)
  return { feeds: [read(first), ...others.map(read)], listed, chosen }
}

/** A daemon's settings are read once, but for the scope of listings: an operator may change that under it. */
export class SettingsOfFeed {
  readonly #choice: FeedChoice
  readonly #force: boolean
  #current: DaemonGroups

  constructor(settings: DaemonGroups, listed: boolean, force: boolean) {
    this.#current = settings
    this.#choice = listed ? { feed: settings.feed.topicPrefix } : {}
    this.#force = force
    requireLastingFilter(settings.feed, force)
  }

  get current(): DaemonGroups {
    return this.#current
  }

  /**
   * Reads `LISTINGS_FILTER`, `LISTINGS_SELECT` and `EXPAND` from the settings file as it is now; what the environment says
   * stays as it was.
   *
   * @returns undefined if the scope is the same
   * @throws {SettingsError}
   */
  rereadScope(): Scope | undefined {
    const { feed } = loadSettings(['feed'], this.#choice)
    requireLastingFilter(feed, this.#force)
    const { listingsScope } = feed
    return scopeText(listingsScope) === scopeText(this.#current.feed.listingsScope)
      ? undefined
      : listingsScope
  }

  takeScope(listingsScope: Scope): void {
    this.#current = { ...this.#current, feed: { ...this.#current.feed, listingsScope } }
  }
}
