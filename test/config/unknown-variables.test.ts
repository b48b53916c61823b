import { describe, expect, test } from 'vitest'

import { loadSettings } from '../../src/config/load-settings.ts'
import { SettingsError } from '../../src/config/settings-error.ts'

function load(env: Readonly<Record<string, string>>): { warnings: string[]; mistakes: readonly string[] } {
  const warnings: string[] = []
  try {
    loadSettings(['feed', 'passes'], {
      env,
      file: '/no/such/file',
      warn: (sentence) => warnings.push(sentence),
    })
    return { warnings, mistakes: [] }
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    return { warnings, mistakes: error.mistakes.map(({ name, problem }) => `${name}: ${problem}`) }
  }
}

describe('a variable of the environment that is no setting', () => {
  test.each([
    ['PURGE_MAX_DELETE', 'There is no such setting; did you mean PURGE_MAX_DELETES?'],
    ['SPARK_API_URI', 'There is no such setting; did you mean SPARK_API_URL?'],
    ['SPARK_ACCESS_TOKN', 'There is no such setting; did you mean SPARK_ACCESS_TOKEN?'],
    ['SPARK_API_SOMETHING_ELSE', 'There is no such setting; the README names them all'],
    ['SPARK_API_URL_FILE', 'Only secrets can be read from a file; set SPARK_API_URL itself'],
    ['KAFKA_SSL_KEY_FILE', 'Only secrets can be read from a file; set KAFKA_SSL_KEY itself'],
  ])('%s is refused: nobody else has such names', (name, problem) => {
    expect(load({ [name]: 'x' })).toEqual({ warnings: [], mistakes: [`${name}: ${problem}`] })
  })

  test.each([
    ['KAFKA_BROKER', 'KAFKA_BROKERS'],
    ['KAFKA_SASL_MECHANISMS', 'KAFKA_SASL_MECHANISM'],
    ['UPDATE_INTERVALL', 'UPDATE_INTERVAL'],
    ['TOPICS_PREFIX', 'TOPIC_PREFIX'],
    ['SCHEMA_REGISTRY_URLS', 'SCHEMA_REGISTRY_URL'],
  ])('%s is warned about, without its value: it may be somebody else’s', (name, meant) => {
    expect(load({ [name]: 'a-value' })).toEqual({
      warnings: [`${name} is no setting and is not looked at; did you mean ${meant}?`],
      mistakes: [],
    })
    // Beside the right one it was not meant as that.
    expect(
      load({ [name]: 'a-value', [meant]: meant === 'UPDATE_INTERVAL' ? '5m' : 'spark' }).warnings,
    ).toEqual([])
  })

  test('variables of others, of Kubernetes and of shells are left alone, and so is what is empty', () => {
    const others = `
      SPARK_HOME SPARK_MASTER SPARK_LOCAL_IP SPARK_CONF_DIR SPARK_WORKER_MEMORY KAFKA_HEAP_OPTS KAFKA_OPTS
      KAFKA_HOME KAFKA_JMX_OPTS KAFKA_ADVERTISED_LISTENERS KAFKA_SSL_KEYSTORE_LOCATION
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR KAFKA_SERVICE_HOST KAFKA_PORT KAFKA_PORT_9092_TCP
      KAFKA_PORT_9092_TCP_ADDR SPARK_API_SERVICE_HOST SPARK_API_PORT SPARK_API_PORT_80_TCP_PROTO
      SCHEMA_REGISTRY_PORT SCHEMA_REGISTRY_SERVICE_PORT HTTP_PROXY HTTPS_PROXY NO_PROXY PATH HOME LANG
      UPDATE_SNAPSHOTS DATABASE_URL LISTINGSTREAM_TEST_KAFKA npm_config_loglevel NODE_OPTIONS
    `
    const env = Object.fromEntries(
      others
        .trim()
        .split(/\s+/)
        .map((name) => [name, 'x']),
    )
    expect(load({ ...env, SPARK_API_URI: ' ' })).toEqual({ warnings: [], mistakes: [] })
  })
})
