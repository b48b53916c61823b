import { loadSettings, type FeedChoice } from '../../config/load-settings.ts'
import type { Settings, SettingsGroup } from '../../config/settings.ts'
import { SettingsError } from '../../config/settings-error.ts'
import { chosenResources } from '../compose/chosen-resources.ts'
import { guardLimits } from '../compose/guard-limits.ts'
import { DAEMON_GROUPS } from '../compose/settings-groups.ts'
import { ok, warning, wrong, type Finding } from './finding.ts'

export interface FoundSettings {
  /** Groups that nothing is wrong with. */
  readonly settings: Partial<Settings>
  readonly findings: readonly Finding[]
}

/** Each group by itself: a mistake in one leaves the others to be looked at. */
export function loadWhatIsRight({ feed }: FeedChoice): FoundSettings {
  const found: Partial<Settings> = {}
  const mistakes = new Map<string, Finding>()
  const remarks = new Map<string, Finding>()
  const warn = (sentence: string): void => {
    remarks.set(sentence, warning('settings', sentence, 'Correct the name, or unset it.'))
  }
  const attempt = (work: () => void): void => {
    try {
      work()
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error
      for (const { name, problem } of error.mistakes) {
        mistakes.set(
          `${name} ${problem}`,
          wrong('settings', `${name}: ${problem}`, `Correct ${name}; README.md, "Settings", has them all.`),
        )
      }
    }
  }
  const load = (group: SettingsGroup): void => {
    attempt(() => Object.assign(found, loadSettings([group], { feed, warn })))
  }
  for (const group of DAEMON_GROUPS) load(group)
  const { feed: feedGroup, passes } = found
  if (feedGroup !== undefined) attempt(() => chosenResources(feedGroup))
  if (passes !== undefined) attempt(() => guardLimits(passes.guard))
  const findings = [...mistakes.values(), ...remarks.values()]
  return {
    settings: found,
    findings: mistakes.size > 0 ? findings : [ok('settings', 'all settings are right'), ...findings],
  }
}
