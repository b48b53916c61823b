import { describe, expect, test } from 'vitest'

import { loadFeeds, loadSettings, type SettingsSources } from '../../src/config/load-settings.ts'
import { SettingsError } from '../../src/config/settings-error.ts'

const GROUPS = ['spark', 'kafka', 'feed', 'passes'] as const

interface Given {
  readonly env?: Readonly<Record<string, string>>
  readonly feed?: string
  readonly files?: Readonly<Record<string, string>>
}

function sources(settings: object, { env = {}, feed, files = {} }: Given = {}): SettingsSources {
  const disk: Readonly<Record<string, string>> = {
    'listingstream.config.json': JSON.stringify(settings),
    ...files,
  }
  return {
    feed,
    env,
    readFile: (path) => {
      const text = disk[path]
      if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
      return text
    },
  }
}

const all = (settings: object, given?: Given) => loadFeeds(GROUPS, sources(settings, given))
const one = (settings: object, given?: Given) => loadSettings(GROUPS, sources(settings, given))

function mistakesOf(load: () => unknown): readonly (readonly [string, string])[] {
  try {
    load()
  } catch (error) {
    if (error instanceof SettingsError) return error.mistakes.map(({ name, problem }) => [name, problem])
    throw error
  }
  throw new Error('the settings were taken')
}

const EAST = { TOPIC_PREFIX: 'east', SPARK_ACCESS_TOKEN: 'token-of-the-east' }
const WEST = { TOPIC_PREFIX: 'west', SPARK_ACCESS_TOKEN: 'token-of-the-west' }
const BOTH = { feeds: [EAST, WEST] }

describe('the settings of several feeds', () => {
  test('without a list there is one feed, from the same settings as ever', () => {
    const { feeds, listed } = all({ TOPIC_PREFIX: 'alone', SPARK_ACCESS_TOKEN: 'token-of-the-one' })
    expect(listed).toBe(false)
    expect(feeds.map(({ feed }) => [feed.topicPrefix, feed.dataDir])).toEqual([['alone', './data']])
  })

  test('each has its own in a folder of its own, in the order of the file', () => {
    const { feeds, listed } = all({ ...BOTH, DATA_DIR: '/srv/feeds' })
    expect(listed).toBe(true)
    expect(feeds.map(({ feed }) => [feed.topicPrefix, feed.dataDir])).toEqual([
      ['east', '/srv/feeds/east'],
      ['west', '/srv/feeds/west'],
    ])
    expect(feeds.map(({ spark }) => spark.accessToken.reveal())).toEqual([
      'token-of-the-east',
      'token-of-the-west',
    ])
  })

  test("a feed's own value wins over the environment, and that over the file", () => {
    const feeds = [{ ...EAST, UPDATE_INTERVAL: '1m' }, WEST]
    const settings = { feeds, UPDATE_INTERVAL: '3m', PURGE_INTERVAL: '3h' }
    const loaded = all(settings, { env: { UPDATE_INTERVAL: '2m' } })
    expect(loaded.feeds.map(({ passes }) => passes.updateIntervalMs)).toEqual([60_000, 120_000])
    expect(loaded.feeds.map(({ passes }) => passes.purgeIntervalMs)).toEqual([10_800_000, 10_800_000])
  })

  test('a token may stand in a file for each, also where the environment has one for all', () => {
    const feeds = [{ TOPIC_PREFIX: 'east', SPARK_ACCESS_TOKEN_FILE: '/east' }, { TOPIC_PREFIX: 'west' }]
    const given = {
      env: { SPARK_ACCESS_TOKEN: 'token-of-all-others' },
      files: { '/east': 'token-of-the-east\n' },
    }
    const tokens = all({ feeds }, given).feeds.map(({ spark }) => spark.accessToken)
    expect(tokens.map((token) => token.reveal())).toEqual(['token-of-the-east', 'token-of-all-others'])
    expect(tokens.map((token) => token.file)).toEqual(['/east', null])
  })

  test('what belongs to the process is read once', () => {
    const [east, west] = all(BOTH).feeds
    expect(west?.kafka).toBe(east.kafka)
  })
})

describe('the feed that a command works on', () => {
  test('is named by the option, or by TOPIC_PREFIX in the environment, of which the option counts', () => {
    expect(one(BOTH, { feed: 'west' }).feed.topicPrefix).toBe('west')
    expect(one(BOTH, { env: { TOPIC_PREFIX: 'west' } }).feed.topicPrefix).toBe('west')
    expect(one(BOTH, { feed: 'west', env: { TOPIC_PREFIX: 'east' } }).feed.topicPrefix).toBe('west')
    const { feeds, chosen } = all(BOTH, { feed: 'west' })
    expect([feeds.map(({ feed }) => feed.topicPrefix), chosen]).toEqual([['west'], true])
    expect(all(BOTH).chosen).toBe(false)
  })

  test('need not be named if it is the only one', () => {
    expect(one({ feeds: [EAST] }).feed.topicPrefix).toBe('east')
  })

  test('is asked for where there are several, and the feeds are named', () => {
    const [mistake] = mistakesOf(() => one(BOTH))
    expect(mistake).toEqual([
      'TOPIC_PREFIX',
      'There are several feeds: name one by --feed. There are east, west',
    ])
  })

  test('is one that there is', () => {
    expect(mistakesOf(() => one(BOTH, { feed: 'north' }))[0]?.[1]).toContain('There are east, west')
    const alone = { TOPIC_PREFIX: 'alone', SPARK_ACCESS_TOKEN: 'token-of-the-one' }
    expect(mistakesOf(() => one(alone, { feed: 'north' }))).toEqual([
      ['--feed', 'No feed has this name: there is but the one of TOPIC_PREFIX'],
    ])
    expect(one(alone, { feed: 'alone' }).feed.topicPrefix).toBe('alone')
  })

  test('is not asked for by a command that needs only what belongs to the process', () => {
    expect(loadSettings(['kafka'], sources(BOTH)).kafka.brokers).toEqual(['localhost:9092'])
  })

  test('has no say in the mistakes of the others', () => {
    const settings = { feeds: [EAST, { ...WEST, UPDATE_INTERVAL: 'often' }] }
    expect(one(settings, { feed: 'east' }).feed.topicPrefix).toBe('east')
  })
})

describe('mistakes', () => {
  test('do not repeat what stands in the place of a name and may be a token (R15)', () => {
    const token = 'a'.repeat(48)
    const feeds = [{ ...EAST, TOPIC_PREFIX: token, UPDATE_INTERVAL: 'often' }, WEST]
    expect(JSON.stringify(mistakesOf(() => all({ feeds })))).not.toContain(token)
    expect(JSON.stringify(mistakesOf(() => one({ feeds })))).not.toContain(token)
  })

  test('name the feed that makes them, and are told once where all make them', () => {
    const feeds = [
      { ...EAST, UPDATE_INTERVAL: 'often' },
      { TOPIC_PREFIX: 'west', PAGE_LIMITS: 5 },
    ]
    const mistakes = mistakesOf(() => all({ feeds, PURGE_INTERVAL: 'seldom' }))
    expect(mistakes.map(([name]) => name)).toEqual([
      'PAGE_LIMITS of feed west',
      'UPDATE_INTERVAL of feed east',
      'PURGE_INTERVAL',
      'SPARK_ACCESS_TOKEN of feed west',
    ])
  })

  test.each([
    ['no list', { feeds: {} }, 'feeds'],
    ['an empty list', { feeds: [] }, 'feeds'],
    ['what is no object', { feeds: ['east'] }, 'feeds'],
    [
      'a feed without a name',
      { feeds: [EAST, { SPARK_ACCESS_TOKEN: 'token-of-nobody' }] },
      'TOPIC_PREFIX of feeds[1]',
    ],
    [
      'a name that is none',
      { feeds: [{ ...EAST, TOPIC_PREFIX: '../east' }] },
      'TOPIC_PREFIX of feed number 1',
    ],
    ['one name twice', { feeds: [EAST, EAST] }, 'TOPIC_PREFIX of feed east'],
    [
      'names that a broker takes for the same',
      {
        feeds: [
          { ...EAST, TOPIC_PREFIX: 'a.b' },
          { ...WEST, TOPIC_PREFIX: 'a_b' },
        ],
      },
      'TOPIC_PREFIX of feed a_b',
    ],
    [
      'one folder for two',
      {
        feeds: [
          { ...EAST, DATA_DIR: 'x' },
          { ...WEST, DATA_DIR: './x/' },
        ],
      },
      'DATA_DIR of feed west',
    ],
    [
      'a folder within that of another',
      {
        feeds: [
          { ...EAST, DATA_DIR: 'x' },
          { ...WEST, DATA_DIR: './x/index' },
        ],
      },
      'DATA_DIR of feed west',
    ],
    [
      'a folder around that of another',
      {
        feeds: [
          { ...EAST, DATA_DIR: 'x/y' },
          { ...WEST, DATA_DIR: 'x' },
        ],
      },
      'DATA_DIR of feed west',
    ],
    ['a name outside of the list', { ...BOTH, TOPIC_PREFIX: 'east' }, 'TOPIC_PREFIX'],
    [
      "the process's brokers in a feed",
      { feeds: [{ ...EAST, KAFKA_BROKERS: 'a:1' }] },
      'KAFKA_BROKERS of feed east',
    ],
    [
      "the process's token in a feed",
      { feeds: [{ ...EAST, ADMIN_TOKEN_FILE: '/a' }] },
      'ADMIN_TOKEN_FILE of feed east',
    ],
  ])('%s', (_, settings, name) => {
    expect(mistakesOf(() => all(settings)).map(([named]) => named)).toEqual([name])
  })
})
