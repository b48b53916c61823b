import { inspect } from 'node:util'

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { loadSettings } from '../../src/config/load-settings.ts'
import { WHOLE } from '../../src/domain/scope.ts'
import { REDACTED, strike } from '../../src/support/secrets.ts'
import { SettingsError } from '../../src/config/settings-error.ts'
import type { SettingsGroup } from '../../src/config/settings.ts'

const ALL: readonly SettingsGroup[] = [
  'spark',
  'kafka',
  'registry',
  'feed',
  'topics',
  'passes',
  'lag',
  'http',
  'tracing',
  'log',
  'process',
]
const TOKEN = { SPARK_ACCESS_TOKEN: 'tok-0123456789' }
const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'

/** A disk with these files only. */
function disk(files: Readonly<Record<string, string>> = {}): (path: string) => string {
  return (path) => {
    const text = files[path]
    if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
    return text
  }
}

function load<G extends SettingsGroup>(
  groups: readonly G[],
  env: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
) {
  return loadSettings(groups, { env, readFile: disk(files) })
}

function mistakesOf(
  env: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
  groups = ALL,
) {
  try {
    load(groups, env, files)
  } catch (error) {
    if (error instanceof SettingsError) return error
    throw error
  }
  throw new Error('the settings were taken')
}

const file = (settings: object) => ({ 'listingstream.config.json': JSON.stringify(settings) })

describe('defaults', () => {
  test('the table of README.md, "Settings", holds when only the token is given', () => {
    const { spark, ...others } = load(ALL, TOKEN)
    expect({ ...spark, accessToken: spark.accessToken.reveal() }).toEqual({
      apiUrl: 'https://replication.sparkapi.com',
      accessToken: 'tok-0123456789',
      requestTimeoutMs: 60_000,
      ca: null,
      proxy: { https: null, http: null, except: '' },
      apiRate: 1500,
      pageLimit: 1000,
      mediaFetch: 'auto',
    })
    expect(others).toEqual({
      kafka: {
        brokers: ['localhost:9092'],
        ssl: null,
        sasl: null,
        compression: 'zstd',
        transactionTimeoutMs: 60_000,
      },
      registry: {
        url: 'http://localhost:8081/apis/ccompat/v7',
        auth: null,
        ca: null,
        proxy: { https: null, http: null, except: '' },
      },
      feed: {
        topicPrefix: 'spark',
        dataDir: './data',
        resources: ['listings'],
        subresources: [],
        rowTopics: false,
        listingsScope: WHOLE,
      },
      topics: { partitions: 3, replicationFactor: null, create: true },
      passes: {
        updateIntervalMs: 300_000,
        purgeIntervalMs: 86_400_000,
        fullWalkIntervalMs: 86_400_000,
        mediaFullIntervalMs: 604_800_000,
        updateOverlapMs: 1_200_000,
        updateOverlapMaxMs: 7_200_000,
        reconcileIntervalMs: 604_800_000,
        purgeCompare: 'versions',
        purgeConfirmSweeps: 1,
        maskMaxRatio: 0.1,
        changeMaxRatio: null,
        guard: {
          maxDeletes: { usual: 100, of: new Map() },
          maxRatio: { usual: 0.1, of: new Map() },
          hardMax: { usual: 5000, of: new Map() },
        },
        volatileFields: ['DaysOnMarket', 'CumulativeDaysOnMarket'],
      },
      lag: { intervalMs: 60_000 },
      http: { port: 8080, host: '127.0.0.1', adminToken: null },
      tracing: { endpoint: null, headers: null, service: 'listingstream' },
      log: { level: 'info' },
      process: { maxWalks: null, groupId: null },
    })
  })

  test('an empty variable counts as unset', () => {
    expect(load(['feed'], { TOPIC_PREFIX: '', DATA_DIR: ' ' }).feed).toEqual({
      topicPrefix: 'spark',
      dataDir: './data',
      resources: ['listings'],
      subresources: [],
      rowTopics: false,
      listingsScope: WHOLE,
    })
  })
})

describe('groups', () => {
  test('a command that does not speak to the API needs no token', () => {
    expect(load(['kafka', 'registry', 'feed'], {})).not.toHaveProperty('spark')
  })

  test('a mistake in a group that was not asked for is not reported', () => {
    expect(load(['feed'], { PAGE_LIMIT: 'many' }).feed.topicPrefix).toBe('spark')
  })
})

describe('sources', () => {
  test('the environment wins over the settings file, and the file over the default', () => {
    const files = file({ TOPIC_PREFIX: 'from-file', DATA_DIR: '/from/file' })
    expect(load(['feed'], { TOPIC_PREFIX: 'from-env' }, files).feed).toEqual({
      topicPrefix: 'from-env',
      dataDir: '/from/file',
      resources: ['listings'],
      subresources: [],
      rowTopics: false,
      listingsScope: WHOLE,
    })
  })

  test('numbers, booleans and lists may stand in the file as such', () => {
    const settings = load(
      ['kafka', 'topics', 'passes'],
      {},
      file({
        KAFKA_BROKERS: ['a:1', '[::1]:2'],
        KAFKA_PARTITIONS: 12,
        TOPICS_CREATE: false,
        PURGE_MAX_RATIO: 0.25,
        VOLATILE_FIELDS: [],
      }),
    )
    expect(settings.kafka.brokers).toEqual(['a:1', '[::1]:2'])
    expect(settings.topics).toMatchObject({ partitions: 12, create: false })
    expect(settings.passes.guard.maxRatio.usual).toBe(0.25)
    expect(settings.passes.volatileFields).toEqual([])
  })

  test('a secret is read from the file that its _FILE variable names, without the line break at its end', () => {
    const files = { '/run/token': 'tok-from-file\n', '/run/admin': 'adm-0123456789abc\r\n' }
    const env = { SPARK_ACCESS_TOKEN_FILE: '/run/token', ADMIN_TOKEN_FILE: '/run/admin' }
    const { spark, http } = load(['spark', 'http'], env, files)
    expect(spark.accessToken.reveal()).toBe('tok-from-file')
    expect(http.adminToken?.reveal()).toBe('adm-0123456789abc')
  })

  test('what comes from a file is read there again; what cannot be right, or cannot be read, leaves it as it was', () => {
    const files: Record<string, string> = { '/run/token': 'tok-first\n', 'ca.pem': PEM }
    const env = { SPARK_ACCESS_TOKEN_FILE: '/run/token', KAFKA_SSL: 'true', KAFKA_SSL_CA: 'ca.pem' }
    const { spark, kafka } = load(['spark', 'kafka'], env, files)
    const { accessToken } = spark
    expect([accessToken.refresh(), accessToken.file]).toEqual([false, '/run/token'])
    files['/run/token'] = 'tok-second\n'
    expect([accessToken.reveal(), accessToken.refresh(), accessToken.reveal()]).toEqual([
      'tok-first',
      true,
      'tok-second',
    ])
    // What was struck is struck as before, and so is what came (R15).
    expect(strike('tok-first, tok-second')).toBe(`${REDACTED}, ${REDACTED}`)
    for (const broken of ['', 'two words', undefined]) {
      if (broken === undefined) delete files['/run/token']
      else files['/run/token'] = broken
      expect([accessToken.refresh(), accessToken.reveal()]).toEqual([false, 'tok-second'])
    }
    files['ca.pem'] = PEM.replace('CERTIFICATE', 'TRUSTED CERTIFICATE')
    expect(kafka.ssl?.ca?.refresh()).toBe(true)
    expect(load(['spark'], TOKEN).spark.accessToken).toMatchObject({ file: null })
  })

  test('a secret of the environment hides the _FILE of the settings file', () => {
    const { spark } = load(['spark'], TOKEN, file({ SPARK_ACCESS_TOKEN_FILE: '/not/there' }))
    expect(spark.accessToken.reveal()).toBe('tok-0123456789')
  })

  test('a secret given twice in the same place is a mistake', () => {
    const error = mistakesOf({ ...TOKEN, SPARK_ACCESS_TOKEN_FILE: '/run/token' })
    expect(error.mistakes).toEqual([
      { name: 'SPARK_ACCESS_TOKEN', problem: 'Set this or SPARK_ACCESS_TOKEN_FILE, not both' },
    ])
  })

  test('certificates are read from the files that the variables name', () => {
    const env = {
      KAFKA_SSL: 'true',
      KAFKA_SSL_CA: 'ca.pem',
      KAFKA_SSL_CERT: 'me.pem',
      KAFKA_SSL_KEY: 'me.key',
    }
    const { kafka } = load(['kafka'], env, { 'ca.pem': PEM, 'me.pem': PEM, 'me.key': PEM })
    expect(kafka.ssl?.ca?.reveal()).toContain('BEGIN CERTIFICATE')
    expect(kafka.ssl?.key?.reveal()).toContain('BEGIN CERTIFICATE')
  })
})

describe('mistakes', () => {
  test('are all reported at once, each with its variable and an example, with exit code 2', () => {
    const env = {
      SPARK_API_URL: 'https://replication.sparkapi.com/v1',
      KAFKA_BROKERS: 'localhost',
      KAFKA_SSL: 'yes',
      SCHEMA_REGISTRY_URL: 'registry:8081',
      TOPIC_PREFIX: 'a/b',
      UPDATE_INTERVAL: '5 minutes',
      PURGE_INTERVAL: '30d',
      FULL_WALK_INTERVAL: 'daily',
      RESOURCES: 'Listings; Accounts',
      PURGE_MAX_RATIO: '10',
      API_RATE: '5/s',
      PAGE_LIMIT: '2000',
      VOLATILE_FIELDS: 'Days On Market',
      HTTP_PORT: '99999',
      LOG_LEVEL: 'verbose',
      KAFKA_COMPRESSION: 'lz4',
      KAFKA_TRANSACTION_TIMEOUT: '1h',
    }
    const error = mistakesOf(env)
    expect(error).toMatchObject({ code: 'SETTINGS_INVALID', exitCode: 2, retryable: false })
    const names = error.mistakes.map(({ name }) => name)
    expect(names.toSorted()).toEqual([...Object.keys(env), 'SPARK_ACCESS_TOKEN'].toSorted())
    for (const { name, problem } of error.mistakes) {
      expect(problem).toMatch(/Example: \S/)
      expect(error.message).toContain(`${name}: `)
    }
  })

  test.each([
    ['listings;accounts', '"listings;accounts" is not a comma list'],
    [`listings, ${'Contacts;'.repeat(5)}`, '"listings, Contacts;'],
    ['user=x;password=hunter2', 'The value (not shown'],
    [`listings,${'X'.repeat(41)}`, 'The value (not shown'],
  ])('a list of names is shown unless it may hold a password: %s (R15)', (RESOURCES, told) => {
    const { mistakes } = mistakesOf({ RESOURCES }, {}, ['feed'])
    expect(mistakes).toMatchObject([{ name: 'RESOURCES', problem: expect.stringContaining(told) }])
  })

  test.each([
    ['100,100', 'Two values are for all resources'],
    ['accounts=x', '"x" is not a whole number'],
    ['Accounts=20', 'is not a whole number'],
    ['accounts=20=30', 'is not a whole number'],
  ])('a limit that is no number, or two for all resources, is one: %s', (PURGE_MAX_DELETES, told) => {
    const { mistakes } = mistakesOf({ PURGE_MAX_DELETES }, {}, ['passes'])
    expect(mistakes).toMatchObject([{ name: 'PURGE_MAX_DELETES', problem: expect.stringContaining(told) }])
  })

  test('every example that a message gives is itself a right value', () => {
    const variables = ['KAFKA_BROKERS', 'KAFKA_SSL', 'SCHEMA_REGISTRY_URL', 'TOPIC_PREFIX', 'UPDATE_INTERVAL']
    variables.push(
      'PURGE_MAX_RATIO',
      'PAGE_LIMIT',
      'VOLATILE_FIELDS',
      'HTTP_PORT',
      'LOG_LEVEL',
      'SPARK_API_URL',
    )
    variables.push(
      'KAFKA_COMPRESSION',
      'KAFKA_TRANSACTION_TIMEOUT',
      'UPDATE_OVERLAP',
      'HTTP_HOST',
      'RESOURCES',
    )
    for (const name of variables) {
      const example = /Example: (\S+)$/.exec(mistakesOf({ ...TOKEN, [name]: '!!' }).mistakes[0]!.problem)?.[1]
      expect(() => load(ALL, { ...TOKEN, [name]: example ?? '' }), name).not.toThrow()
    }
  })

  test('an unknown name in the settings file is one, with the name that was probably meant', () => {
    const error = mistakesOf(TOKEN, file({ TOPIC_PREFX: 'a', topicPrefix: 'b', COLOUR: 'red' }))
    expect(error.message).toMatch(/TOPIC_PREFX: .*did you mean TOPIC_PREFIX\?/)
    expect(error.message).toMatch(/topicPrefix: .*did you mean TOPIC_PREFIX\?/)
    expect(error.mistakes.find(({ name }) => name === 'COLOUR')?.problem).not.toContain('did you mean')
  })

  test('a value in the settings file that no variable could hold is one', () => {
    expect(mistakesOf(TOKEN, file({ TOPIC_PREFIX: { a: 1 }, DATA_DIR: null })).mistakes).toHaveLength(2)
  })

  test('half a login or half a certificate is one, never an unprotected connection', () => {
    const names = (env: Record<string, string>) =>
      mistakesOf(env, { f: PEM }, ['kafka']).mistakes.map(({ name }) => name)
    expect(names({ KAFKA_SASL_MECHANISM: 'plain' })).toEqual(['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'])
    expect(names({ KAFKA_SASL_USERNAME: 'u' })).toEqual(['KAFKA_SASL_MECHANISM'])
    expect(names({ KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_SASL_OAUTH_CLIENT_ID: 'feed' })).toEqual([
      'KAFKA_SASL_OAUTH_TOKEN_URL',
      'KAFKA_SASL_OAUTH_CLIENT_SECRET',
    ])
    expect(names({ KAFKA_SASL_OAUTH_CLIENT_SECRET: 's' })).toEqual(['KAFKA_SASL_MECHANISM'])
    expect(names({ KAFKA_SSL_CA: 'f' })).toEqual(['KAFKA_SSL'])
    expect(names({ KAFKA_SSL: 'true', KAFKA_SSL_CERT: 'f' })).toEqual(['KAFKA_SSL_KEY'])
  })

  test.each(['KAFKA_SSL_CA', 'KAFKA_SSL_CERT', 'KAFKA_SSL_KEY'])(
    'a certificate beside KAFKA_SSL=false is one, not an unprotected connection: %s',
    (name) => {
      const { mistakes } = mistakesOf({ KAFKA_SSL: 'false', [name]: 'f' }, { f: PEM }, ['kafka'])
      expect(mistakes).toContainEqual({ name: 'KAFKA_SSL', problem: expect.stringContaining(name) })
    },
  )

  test('a short ADMIN_TOKEN is one, and is not shown', () => {
    const { mistakes, message } = mistakesOf({ ADMIN_TOKEN: 'hunter2-hunter2' }, {}, ['http'])
    expect(mistakes.map(({ name }) => name)).toEqual(['ADMIN_TOKEN'])
    expect(message).not.toContain('hunter2')
    expect(load(['http'], { ADMIN_TOKEN: 'hunter2-hunter2-' }).http.adminToken).not.toBeNull()
  })

  test('an unreadable secret file is reported once, not as a missing secret too', () => {
    const error = mistakesOf({ SPARK_ACCESS_TOKEN_FILE: '/not/there' })
    expect(error.mistakes).toEqual([
      { name: 'SPARK_ACCESS_TOKEN_FILE', problem: 'The file that this names cannot be read (ENOENT)' },
    ])
  })
})

describe('the scope of listings', () => {
  const scopeOf = (settings: object) => load(['feed'], {}, file(settings)).feed.listingsScope

  test('is a filter, fields with those of the MLS, and an expansion', () => {
    const filter = "MlsId Eq 'a' Or (PropertyType Eq 'A','B' And Not City Eq 'X')"
    const select = ' ListPrice, "Remarks, old"."Public (long), for all" ,"Remarks",ListPrice'
    expect(scopeOf({ LISTINGS_FILTER: filter, LISTINGS_SELECT: select, EXPAND: 'CustomFieldsRaw' })).toEqual({
      filter,
      select: ['ListPrice', '"Remarks, old"."Public (long), for all"', '"Remarks"'],
      expand: 'CustomFieldsRaw',
    })
    expect(scopeOf({ LISTINGS_SELECT: ['City', '"A"."B"'] }).select).toEqual(['City', '"A"."B"'])
  })

  test.each([
    [{ LISTINGS_FILTER: "City Eq 'hunter2" }, /^Character 9: The text that begins here has no end\./],
    [
      { LISTINGS_FILTER: "City Eq 'hunter2') Or (City Eq 'x'" },
      /^Character 18: A parenthesis is closed here/,
    ],
    [
      { LISTINGS_FILTER: "City Eq 'hunter2' Or (A Eq 1 And (B Eq 2))" },
      /3 levels .* one of which the program adds/,
    ],
    [{ LISTINGS_FILTER: '((( City Eq 1 )))' }, /^It has 3 levels of parentheses; the source takes 2\./],
    [{ LISTINGS_SELECT: 'ListPrice;City' }, /comma list of field names/],
    [{ LISTINGS_SELECT: '"Remarks".Public' }, /comma list of field names/],
  ])('%j is a mistake that names its place and quotes no filter', (settings, problem) => {
    const { mistakes } = mistakesOf({}, file(settings), ['feed'])
    expect(mistakes).toEqual([{ name: Object.keys(settings)[0], problem: expect.stringMatching(problem) }])
    expect(mistakes[0]?.problem).not.toContain('hunter2')
  })
})

describe('secrets (R15)', () => {
  const printed = (value: unknown) => `${inspect(value, { depth: 9 })} ${JSON.stringify(value)}`

  test('are redacted however the settings are printed', () => {
    const env = { ...TOKEN, SCHEMA_REGISTRY_AUTH: 'user:hunter2', ADMIN_TOKEN: 'hunter2-hunter2-hunter2' }
    const settings = load(ALL, env)
    expect(printed(settings)).not.toMatch(/tok-0123456789|hunter2/)
    expect(String(settings.spark.accessToken)).toBe('[redacted]')
  })

  test('are in no mistake: not bad ones, not those in addresses, not a secret where a path belongs', () => {
    const error = mistakesOf({
      SPARK_ACCESS_TOKEN: 'two hunter2',
      SCHEMA_REGISTRY_AUTH: 'hunter2',
      ADMIN_TOKEN_FILE: 'hunter2',
      SPARK_API_URL: 'https://me:hunter2@example.com',
      SCHEMA_REGISTRY_URL: 'me:hunter2@example.com',
      KAFKA_BROKERS: 'me:hunter2@kafka:9092',
      KAFKA_SSL_KEY: 'hunter2',
    })
    expect(error.mistakes.length).toBeGreaterThanOrEqual(7)
    expect(printed(error) + error.stack).not.toContain('hunter2')
  })

  test('are in no mistake when they stand in the query of an address, or in a connection string', () => {
    const error = mistakesOf({
      ...TOKEN,
      SPARK_API_URL: 'ftp://example.com/?access_token=hunter2',
      SCHEMA_REGISTRY_URL: 'example.com/#hunter2',
      KAFKA_BROKERS: 'Endpoint=sb://bus.example/;SharedAccessKey=hunter2',
      LOG_LEVEL: 'hunter2'.repeat(7),
    })
    expect(error.mistakes).toHaveLength(4)
    expect(printed(error) + error.stack).not.toContain('hunter2')
  })

  test('are not quoted from a settings file that is not JSON', () => {
    const error = mistakesOf(TOKEN, { 'listingstream.config.json': '{"ADMIN_TOKEN": "hunter2" x' })
    expect(error.mistakes[0]?.name).toBe('listingstream.config.json')
    expect(printed(error)).not.toContain('hunter2')
  })

  test('any token of visible characters comes through as it is, or the mistake does not show it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8, unit: 'grapheme' }), (text) => {
        fc.pre(text.trim() !== '')
        if (/^[\x21-\x7E]+$/.test(text)) {
          expect(load(['spark'], { SPARK_ACCESS_TOKEN: text }).spark.accessToken.reveal()).toBe(text)
        } else {
          expect(mistakesOf({ SPARK_ACCESS_TOKEN: text }, {}, ['spark']).message).not.toContain(text)
        }
      }),
    )
  })
})
