import { readFileSync } from 'node:fs'

import { DEFAULT_PREFIX, GROUPS } from './groups.ts'
import { ofFeed, readFeeds, type FeedLayer } from './many-feeds.ts'
import { RawSettings, SECRETS, environmentLayer, type Layer } from './raw-settings.ts'
import { isFeedGroup, type Settings, type SettingsGroup } from './settings.ts'
import { SettingsError, type SettingsMistake } from './settings-error.ts'
import { unknownVariables } from './unknown-variables.ts'

export const SETTINGS_FILE = 'listingstream.config.json'
/** So many feeds are named where one has to be chosen. */
const MOST_NAMED = 20

export interface SettingsSources {
  /** Which feed is meant: its `TOPIC_PREFIX`. @default the one of the environment, or the only one */
  readonly feed?: string | undefined
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Path of the settings file, which need not exist. @default listingstream.config.json */
  readonly file?: string
  /** Text of a file; throws an error with Node's `code` if it cannot be read. @default UTF-8, from the disk */
  readonly readFile?: (path: string) => string
  /** Takes a sentence for the operator. @default one line on standard error */
  readonly warn?: (sentence: string) => void
}

/** Which of several feeds a command is for. */
export type FeedChoice = Pick<SettingsSources, 'feed'>

/** The settings of all feeds of a process. */
export interface LoadedFeeds<G extends SettingsGroup> {
  /** In the order of the file. What belongs to the process is the same object in each. */
  readonly feeds: readonly [Pick<Settings, G>, ...Pick<Settings, G>[]]
  /** Whether they come from a list: without one there is one feed. */
  readonly listed: boolean
  /** Whether one of the list was named, so that the others are left out. */
  readonly chosen: boolean
}

/**
 * The settings of the groups that a command needs, of one feed: of the only one, or of the one that is named. What a feed
 * has of its own wins over the environment, and that over the settings file. Variables of other groups are not looked at,
 * but for names in the file that are no settings at all.
 *
 * @throws {SettingsError} with every mistake, if there is any; and if it is not said which of several feeds is meant.
 * @example const { kafka, feed } = loadSettings(['kafka', 'feed'])
 */
export function loadSettings<G extends SettingsGroup>(
  groups: readonly G[],
  sources: SettingsSources = {},
): Pick<Settings, G> {
  const text = new SettingsText(sources)
  const layers = groups.some(isFeedGroup) ? text.feedNamed(sources.feed) : undefined
  return text.parse(groups, [layers])[0]
}

/**
 * The same of all feeds, or of the one that is named.
 *
 * @throws {SettingsError} with every mistake of any feed
 */
export function loadFeeds<G extends SettingsGroup>(
  groups: readonly G[],
  sources: SettingsSources = {},
): LoadedFeeds<G> {
  const text = new SettingsText(sources)
  const listed = text.feeds !== undefined
  const layers = text.feedsNamed(sources.feed)
  return { feeds: text.parse(groups, layers), listed, chosen: layers.length < (text.feeds?.length ?? 1) }
}

/**
 * The prefixes of the feeds that are meant, in their order; none where the file has no list of them.
 *
 * @throws {SettingsError} if there is none of the name that is chosen
 */
export function namesOfFeeds(sources: SettingsSources = {}): readonly string[] {
  const text = new SettingsText(sources)
  return text.feedsNamed(sources.feed).flatMap((feed) => (feed === undefined ? [] : [feed.prefix]))
}

/** What is set, before it is known to be right. */
class SettingsText {
  /** In the order of the file; undefined where it has no list of them. */
  readonly feeds: readonly FeedLayer[] | undefined
  readonly #readFile: (path: string) => string
  readonly #environment: Layer
  readonly #file: Layer
  readonly #mistakes: SettingsMistake[]

  constructor({
    env = process.env,
    file = SETTINGS_FILE,
    readFile = readText,
    warn = toStandardError,
  }: SettingsSources) {
    const raw = new RawSettings(readFile)
    const known = variablesOf(() => true)
    this.#readFile = readFile
    this.#environment = environmentLayer(env)
    const { layer, feeds } = raw.file(file, known)
    this.#file = layer
    const unknown = unknownVariables(this.#environment.keys(), known, SECRETS)
    for (const sentence of unknown.warnings) warn(sentence)
    if (feeds !== undefined) {
      const shared = [this.#environment, layer]
      const scopes = {
        ofFeed: variablesOf(isFeedGroup),
        ofProcess: variablesOf((name) => !isFeedGroup(name)),
      }
      this.feeds = readFeeds(raw, feeds, file, scopes, shared)
      if (layer.has('TOPIC_PREFIX'))
        raw.mistake('TOPIC_PREFIX', `With "feeds", ${file} has this in each of them alone`)
    }
    this.#mistakes = [...unknown.mistakes, ...raw.mistakes]
  }

  /** Undefined where there is but the one that needs no list. @throws {SettingsError} */
  feedNamed(named: string | undefined): FeedLayer | undefined {
    const [first, second] = this.feedsNamed(named)
    if (second === undefined) return first
    throw this.#error('TOPIC_PREFIX', `There are several feeds: name one by --feed. ${this.#names()}`)
  }

  /** @throws {SettingsError} if there is none of that name */
  feedsNamed(
    named = this.#environment.get('TOPIC_PREFIX')?.trim(),
  ): readonly [FeedLayer | undefined, ...FeedLayer[]] {
    if (this.feeds === undefined) {
      const prefix = this.#environment.get('TOPIC_PREFIX') ?? this.#file.get('TOPIC_PREFIX') ?? DEFAULT_PREFIX
      if (named === undefined || prefix.trim() === named) return [undefined]
      throw this.#error('--feed', 'No feed has this name: there is but the one of TOPIC_PREFIX')
    }
    const [first, ...others] = this.feeds
    // Why there is none stands among the mistakes.
    if (first === undefined) throw new SettingsError(this.#mistakes)
    if (named === undefined) return [first, ...others]
    const found = this.feeds.find(({ prefix }) => prefix === named)
    if (found !== undefined) return [found]
    throw this.#error('TOPIC_PREFIX', `No feed has the name that --feed or this says. ${this.#names()}`)
  }

  /** The settings of each feed. @throws {SettingsError} */
  parse<G extends SettingsGroup>(
    groups: readonly G[],
    feeds: readonly [FeedLayer | undefined, ...FeedLayer[]],
  ): readonly [Pick<Settings, G>, ...Pick<Settings, G>[]] {
    const mistakes = new Mistakes(this.#mistakes)
    const shared = new Map<SettingsGroup, unknown>()
    const parseFeed = (feed: FeedLayer | undefined): Pick<Settings, G> => {
      const settings: Partial<Record<SettingsGroup, unknown>> = {}
      for (const name of new Set(groups)) {
        const isOwn = isFeedGroup(name)
        const value = shared.get(name) ?? this.#parseGroup(name, isOwn ? feed : undefined, mistakes)
        if (!isOwn) shared.set(name, value)
        settings[name] = value
      }
      // One entry for each group was set above, each by that group's own parser, or there is a mistake.
      return settings as Pick<Settings, G>
    }
    const [first, ...others] = feeds
    const parsed = [parseFeed(first), ...others.map(parseFeed)] as const
    mistakes.throwIfAny()
    return parsed
  }

  #parseGroup(name: SettingsGroup, feed: FeedLayer | undefined, mistakes: Mistakes): unknown {
    const group = GROUPS[name]
    const raw = new RawSettings(this.#readFile)
    const shared = [this.#environment, this.#file]
    const values = raw.collect(group.variables, feed === undefined ? shared : [feed.layer, ...shared])
    const parsed = group.parse(values, (variable) => raw.fileOf(variable))
    const wrong = 'value' in parsed ? [] : parsed
    // A secret whose file cannot be read is not also reported as missing.
    const unread = new Set(raw.mistakes.map((mistake) => settingOf(mistake.name)))
    const all = [...raw.mistakes, ...wrong.filter((mistake) => !unread.has(mistake.name))]
    mistakes.add(all.map((mistake) => this.#located(mistake, feed)))
    return 'value' in parsed ? parsed.value : undefined
  }

  /** A mistake that all feeds make is not one of each of them. */
  #located({ name, problem }: SettingsMistake, feed: FeedLayer | undefined): SettingsMistake {
    const setting = settingOf(name)
    const has = (layer: Layer): boolean => layer.has(setting) || layer.has(`${setting}_FILE`)
    const isShared = feed === undefined || this.feeds === undefined
    if (isShared || (!has(feed.layer) && [this.#environment, this.#file].some(has))) return { name, problem }
    return { name: `${name}${ofFeed(feed)}`, problem }
  }

  #names(): string {
    const labels = this.feeds?.map(({ label }) => label) ?? []
    const more = labels.length - MOST_NAMED
    return `There are ${labels.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  }

  #error(name: string, problem: string): SettingsError {
    return new SettingsError([...this.#mistakes, { name, problem }])
  }
}

/** Each once. */
class Mistakes {
  readonly #all = new Map<string, SettingsMistake>()

  constructor(first: readonly SettingsMistake[]) {
    this.add(first)
  }

  add(mistakes: readonly SettingsMistake[]): void {
    for (const mistake of mistakes) this.#all.set(JSON.stringify([mistake.name, mistake.problem]), mistake)
  }

  throwIfAny(): void {
    if (this.#all.size > 0) throw new SettingsError([...this.#all.values()])
  }
}

function variablesOf(isWanted: (group: string) => boolean): readonly string[] {
  return Object.entries(GROUPS).flatMap(([name, { variables }]) => (isWanted(name) ? variables : []))
}

function settingOf(name: string): string {
  return name.replace(/_FILE$/, '')
}

function toStandardError(sentence: string): void {
  process.stderr.write(`listingstream: ${sentence}\n`)
}

function readText(path: string): string {
  return readFileSync(path, 'utf8')
}
