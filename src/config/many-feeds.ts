/** `feeds` of the settings file: a list of feeds, each with its prefix and with what else it does not share with the others. */
import { join, resolve, sep } from 'node:path'

import { z } from 'zod'

import { FEEDS, type Layer, type RawSettings } from './raw-settings.ts'

export interface FeedLayer {
  readonly prefix: string
  /** What it is called in messages: its prefix, unless that may be something else by mistake, a secret even (R15). */
  readonly label: string
  readonly layer: Layer
}

export interface KnownVariables {
  /** Of one feed. */
  readonly ofFeed: readonly string[]
  /** Of the whole process: no feed has its own. */
  readonly ofProcess: readonly string[]
}

const EXAMPLE = 'Example: {"feeds": [{"TOPIC_PREFIX": "east"}, {"TOPIC_PREFIX": "west"}]}'
const LIST = z.array(z.record(z.string(), z.unknown())).min(1)
const DEFAULT_FOLDER = './data'

/** What stands behind the name of a setting of one feed, where it is told. */
export function ofFeed({ label }: Pick<FeedLayer, 'label'>): string {
  return ` of feed ${label}`
}

/** Longer ones could be tokens. */
const NAME_TOLD = /^[A-Za-z0-9._-]{1,40}$/

/**
 * The feeds in their order; what is wrong is among the mistakes of `raw`. A feed without a `DATA_DIR` has one of its own
 * within that of the process.
 *
 * @param list as the file has it
 * @param file its path
 * @param shared the layers that stand behind those of the feeds
 */
export function readFeeds(
  raw: RawSettings,
  list: unknown,
  file: string,
  known: KnownVariables,
  shared: readonly Layer[],
): readonly FeedLayer[] {
  const objects = LIST.safeParse(list)
  if (!objects.success) {
    raw.mistake(
      FEEDS,
      `In ${file} this must be a list of one or more objects, each of which is a feed. ${EXAMPLE}`,
    )
    return []
  }
  const folder = shared.map((layer) => layer.get('DATA_DIR')).find((path) => path !== undefined)
  const feeds = objects.data.flatMap((settings, index) => {
    const { TOPIC_PREFIX: prefix } = settings
    if (typeof prefix !== 'string' || prefix.trim() === '') {
      raw.mistake(
        `TOPIC_PREFIX of feeds[${index}]`,
        `This is required: it is the name of the feed. ${EXAMPLE}`,
      )
      return []
    }
    const name = prefix.trim()
    const label = NAME_TOLD.test(name) ? name : `number ${index + 1}`
    return [
      readFeed(raw, settings, { prefix: name, label }, { file, known, folder: folder ?? DEFAULT_FOLDER }),
    ]
  })
  requireApart(raw, feeds)
  return feeds
}

function readFeed(
  raw: RawSettings,
  settings: Readonly<Record<string, unknown>>,
  { prefix, label }: Pick<FeedLayer, 'prefix' | 'label'>,
  { file, known, folder }: { readonly file: string; readonly known: KnownVariables; readonly folder: string },
): FeedLayer {
  const of = ofFeed({ label })
  const own = Object.entries(settings).filter(([name]) => {
    const isShared = known.ofProcess.includes(name.replace(/_FILE$/, '')) || known.ofProcess.includes(name)
    if (isShared) {
      raw.mistake(`${name}${of}`, 'This is one for the whole process: set it outside of "feeds"')
    }
    return !isShared
  })
  const layer = raw.layer(Object.fromEntries(own), known.ofFeed, { place: `${FEEDS} of ${file}`, of })
  // A prefix has no slash (values.ts), or is refused later.
  const dataDir = layer.get('DATA_DIR') ?? join(folder, prefix.replaceAll('/', '_'))
  return { prefix, label, layer: new Map([...layer, ['TOPIC_PREFIX', prefix], ['DATA_DIR', dataDir]]) }
}

/** Two feeds in one folder, or under one prefix, would each undo what the other does. */
function requireApart(raw: RawSettings, feeds: readonly FeedLayer[]): void {
  const prefixes = new Map<string, string>()
  const folders = new Map<string, string>()
  for (const feed of feeds) {
    const { prefix, label, layer } = feed
    // A broker takes topics for the same that differ in these alone (docs/kafka.md).
    const name = prefix.replaceAll('.', '_')
    const folder = resolve(layer.get('DATA_DIR') ?? '')
    const twin = prefixes.get(name)
    const neighbour = folders.get(folder)
    const nested = [...folders].find(([other]) => isWithin(folder, other) || isWithin(other, folder))?.[1]
    if (twin !== undefined) {
      const same = twin === label ? 'Two feeds have this' : `A broker takes this and ${twin} for the same`
      raw.mistake(`TOPIC_PREFIX${ofFeed(feed)}`, `${same}: each needs its own`)
    } else if (neighbour !== undefined) {
      raw.mistake(`DATA_DIR${ofFeed(feed)}`, `The feed ${neighbour} has this, too: each needs its own`)
    } else if (nested !== undefined) {
      raw.mistake(
        `DATA_DIR${ofFeed(feed)}`,
        `One of this and the DATA_DIR of feed ${nested} lies in the other: each needs a folder beside the others`,
      )
    }
    prefixes.set(name, label)
    folders.set(folder, label)
  }
}

function isWithin(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`)
}
