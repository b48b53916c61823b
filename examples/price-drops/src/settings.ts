/** All that can be set, by the environment. */
export interface Settings {
  readonly brokers: readonly string[]
  readonly registry: string
  readonly prefix: string
  readonly groupId: string
  /** Where is kept what each listing was like: a file of SQLite. */
  readonly stateFile: string
  /** Null: drops are printed. */
  readonly webhookUrl: string | null
  /** Smaller drops are not told. */
  readonly minPercent: number
  /** Nor are older ones, such as those that a first start finds in the topic. */
  readonly maxAgeMs: number
}

const HOUR_MS = 3_600_000

export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  return {
    brokers: (env['KAFKA_BROKERS'] ?? 'localhost:9092').split(','),
    registry: env['SCHEMA_REGISTRY_URL'] ?? 'http://localhost:8081/apis/ccompat/v7',
    prefix: env['TOPIC_PREFIX'] ?? 'spark',
    groupId: env['GROUP_ID'] ?? 'price-drops',
    stateFile: env['STATE_FILE'] ?? 'price-drops.sqlite',
    webhookUrl: env['WEBHOOK_URL'] ?? null,
    minPercent: number(env, 'MIN_PERCENT', 0),
    maxAgeMs: number(env, 'MAX_AGE_HOURS', 24) * HOUR_MS,
  }
}

function number(env: Readonly<Record<string, string | undefined>>, name: string, unset: number): number {
  const text = env[name]
  if (text === undefined) return unset
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value
  throw new Error(`${name} is ${JSON.stringify(text)}, not a number from 0 on.`)
}
