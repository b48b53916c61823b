import { loadSettings } from '../../config/load-settings.ts'
import { scopeText, type Scope } from '../../domain/scope.ts'
import { requireLastingFilter } from '../compose/lasting-filter.ts'
import { DAEMON_GROUPS, type DaemonGroups } from '../compose/settings-groups.ts'

/** A daemon's settings are read once, but for the scope of listings: an operator may change that under it. */
export class DaemonSettings {
  readonly #force: boolean
  #current: DaemonGroups

  /** @throws {SettingsError} */
  constructor(force: boolean) {
    this.#force = force
    this.#current = loadSettings(DAEMON_GROUPS)
    requireLastingFilter(this.#current.feed, force)
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
    const { feed } = loadSettings(['feed'])
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
