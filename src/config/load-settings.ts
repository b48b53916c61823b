import { readFileSync } from 'node:fs'

import { GROUPS } from './groups.ts'
import { RawSettings, SECRETS, environmentLayer } from './raw-settings.ts'
import type { Settings, SettingsGroup } from './settings.ts'
import { SettingsError } from './settings-error.ts'
import { unknownVariables } from './unknown-variables.ts'

export const SETTINGS_FILE = 'listingstream.config.json'

export interface SettingsSources {
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Path of the settings file, which need not exist. @default listingstream.config.json */
  readonly file?: string
  /** Text of a file; throws an error with Node's `code` if it cannot be read. @default UTF-8, from the disk */
  readonly readFile?: (path: string) => string
  /** Takes a sentence for the operator. @default one line on standard error */
  readonly warn?: (sentence: string) => void
}

/**
 * The settings of the groups that a command needs. The environment wins over the settings file. Variables of other
 * groups are not looked at, but for names in the file that are no settings at all.
 *
 * @throws {SettingsError} with every mistake, if there is any.
 * @example const { kafka, feed } = loadSettings(['kafka', 'feed'])
 */
export function loadSettings<G extends SettingsGroup>(
  groups: readonly G[],
  sources: SettingsSources = {},
): Pick<Settings, G> {
  const { env = process.env, file = SETTINGS_FILE, readFile = readText, warn = toStandardError } = sources
  const raw = new RawSettings(readFile)
  const known = Object.values(GROUPS).flatMap((group) => group.variables)
  const environment = environmentLayer(env)
  const layers = [environment, raw.fileLayer(file, known)]
  const unknown = unknownVariables(environment.keys(), known, SECRETS)
  for (const sentence of unknown.warnings) warn(sentence)

  const mistakes = []
  const settings: Partial<Record<SettingsGroup, unknown>> = {}
  for (const name of new Set(groups)) {
    const group = GROUPS[name]
    const values = raw.collect(group.variables, layers)
    const parsed = group.parse(values, (name) => raw.fileOf(name))
    if ('value' in parsed) settings[name] = parsed.value
    else mistakes.push(...parsed)
  }

  // A secret whose file cannot be read is not also reported as missing.
  const unread = new Set(raw.mistakes.map(({ name }) => name.replace(/_FILE$/, '')))
  const all = [...unknown.mistakes, ...raw.mistakes, ...mistakes.filter(({ name }) => !unread.has(name))]
  if (all.length > 0) throw new SettingsError(all)
  // One entry for each group was set above, each by that group's own parser.
  return settings as Pick<Settings, G>
}

function toStandardError(sentence: string): void {
  process.stderr.write(`listingstream: ${sentence}\n`)
}

function readText(path: string): string {
  return readFileSync(path, 'utf8')
}
