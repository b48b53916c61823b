/** The brokers: whether each answers, and whether they can do what a feed needs. */
import type { KafkaSettings as KafkaGroup } from '../../config/settings.ts'
import { connectKafka, type KafkaCluster } from '../../kafka/cluster.ts'
import { KafkaUnauthorizedError } from '../../kafka/errors.ts'
import type { KafkaSettings } from '../../kafka/settings.ts'
import { ListingstreamError } from '../../support/errors.ts'
import { failed, ok, warning, wrong, type Finding } from './finding.ts'

const CONNECT_MS = 5_000

/** Each of `KAFKA_BROKERS` by itself: with one that is gone a start fails only once the others are, too. */
export async function checkEachBroker(
  settings: KafkaSettings,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const answers = await Promise.all(
    settings.brokers.map(
      async (broker) => [broker, await whyNot({ ...settings, brokers: [broker] }, signal)] as const,
    ),
  )
  const silent = answers.filter(([, error]) => error !== undefined)
  const first = silent[0]?.[1]
  if (first === undefined) return [ok('brokers', `${answers.length} of ${answers.length} brokers answer`)]
  if (silent.length === answers.length) return [failed('brokers', first)]
  const names = silent.map(([broker]) => broker).join(', ')
  return [
    warning(
      'brokers',
      `of KAFKA_BROKERS these do not answer: ${names}`,
      'Start them, or take them out of KAFKA_BROKERS: once the others are gone, too, nothing starts.',
    ),
  ]
}

async function whyNot(settings: KafkaSettings, signal: AbortSignal): Promise<ListingstreamError | undefined> {
  try {
    await using _ = await connectKafka(settings, signal, CONNECT_MS)
    return undefined
  } catch (error) {
    if (error instanceof ListingstreamError) return error
    throw error
  }
}

export async function checkBrokerLimits(
  cluster: KafkaCluster,
  { transactionTimeoutMs }: Pick<KafkaGroup, 'transactionTimeoutMs'>,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const unknown = await cluster.unknownRequests(signal)
  if (unknown.length > 0) {
    const what = `the brokers do not know ${unknown.join(', ')}`
    return [wrong('brokers', what, 'Use brokers of Kafka 0.11 or newer, or such as have transactions.')]
  }
  const most = await configIfTold(cluster, 'transaction.max.timeout.ms', signal)
  if (most !== undefined && transactionTimeoutMs > most) {
    return [
      wrong(
        'brokers',
        `KAFKA_TRANSACTION_TIMEOUT is ${transactionTimeoutMs} ms, above the brokers' transaction.max.timeout.ms=${most}`,
        `Set KAFKA_TRANSACTION_TIMEOUT=${most}ms or less, or raise theirs.`,
      ),
    ]
  }
  const told = most === undefined ? '' : `, of ${most} ms at most`
  return [ok('brokers', `the brokers have transactions${told}`)]
}

/** Undefined without the right to read it, which no feed needs. */
async function configIfTold(
  cluster: KafkaCluster,
  name: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  try {
    const value = Number((await cluster.brokerConfig(name, signal)) ?? Number.NaN)
    return Number.isFinite(value) ? value : undefined
  } catch (error) {
    if (error instanceof KafkaUnauthorizedError) return undefined
    throw error
  }
}
