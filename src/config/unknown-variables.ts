/**
 * Variables of the environment that are no settings, but were surely or probably meant as such. Others use our words too
 * (`SPARK_HOME`, `KAFKA_HEAP_OPTS`, what Kubernetes sets for a service of that name), so only these count:
 *
 * - refused: what begins as only our settings do, and `<setting>_FILE` where the setting is no secret;
 * - warned about: a slip of the keyboard away from a setting that is not set itself.
 */
import { didYouMean } from './did-you-mean.ts'
import type { SettingsMistake } from './settings-error.ts'

const OURS = ['SPARK_API_', 'SPARK_ACCESS_', 'SPARK_REQUEST_', 'PURGE_MAX_', 'PURGE_HARD_', 'VOLATILE_FIELD']
/** As Kubernetes and Docker links name a service's address. */
const SERVICE_LINK = /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP)(_\w+)?)?)$/
/** What other programs take as proxies, a slip away from what is one here. */
const OTHER_PROXIES: ReadonlySet<string> = new Set(['ALL_PROXY', 'FTP_PROXY', 'RSYNC_PROXY'])
const NAME = /^[A-Z][A-Z0-9_]*$/
const FILE = '_FILE'

export interface UnknownVariables {
  readonly mistakes: readonly SettingsMistake[]
  /** Sentences. */
  readonly warnings: readonly string[]
}

/**
 * @param names of the variables that are set
 * @param settings all that there are
 * @param secrets those of them that may also be given by `<name>_FILE`
 */
export function unknownVariables(
  names: Iterable<string>,
  settings: readonly string[],
  secrets: ReadonlySet<string>,
): UnknownVariables {
  const known = new Set([...settings, ...[...secrets].map((name) => `${name}${FILE}`)])
  const set = new Set(names)
  const mistakes: SettingsMistake[] = []
  const warnings: string[] = []
  for (const name of set) {
    if (!NAME.test(name) || known.has(name) || SERVICE_LINK.test(name) || OTHER_PROXIES.has(name)) continue
    const whole = name.endsWith(FILE) ? name.slice(0, -FILE.length) : ''
    if (known.has(whole)) {
      mistakes.push({ name, problem: `Only secrets can be read from a file; set ${whole} itself` })
      continue
    }
    const meant = didYouMean(name, known)
    if (OURS.some((prefix) => name.startsWith(prefix))) {
      const hint = meant === undefined ? 'the README names them all' : `did you mean ${meant}?`
      mistakes.push({ name, problem: `There is no such setting; ${hint}` })
    } else if (meant !== undefined && !set.has(meant)) {
      warnings.push(`${name} is no setting and is not looked at; did you mean ${meant}?`)
    }
  }
  return { mistakes, warnings }
}
