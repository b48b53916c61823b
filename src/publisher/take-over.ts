/** Becoming the feed's one writer, in the order of R2: `InitProducerId`, the owner record, then what the topics say. */
import { KafkaCommitUnknown, KafkaEpochError } from '../kafka/errors.ts'
import { TransactionalProducer } from '../kafka/transactional-producer.ts'
import type { NextOffsets } from '../listing/pass.ts'
import type { ResourceDescription } from '../listing/resource.ts'
import type { FeedState } from '../replication/ports.ts'
import { KafkaPublisher, transactionalId, type PublisherOptions } from './kafka-publisher.ts'
import { asBuffer } from './transaction-records.ts'
import { FencedError, TopicTruncatedError } from './publisher-errors.ts'

const MOST_ATTEMPTS = 5

export interface TakeOverOptions extends Omit<PublisherOptions, 'nextOffsets' | 'generation'> {
  readonly resources: readonly ResourceDescription[]
  /** `snapshot --restart`: a new generation, whatever the topics still hold. */
  readonly restart: boolean
}

export interface TakenOver {
  readonly publisher: KafkaPublisher
  readonly state: FeedState
  /** End of each data topic; the index has to be brought up to it. */
  readonly nextOffsets: NextOffsets
}

/** @throws {TopicTruncatedError} if a data topic is shorter than the last checkpoint says and this is no restart. */
export async function takeOver(options: TakeOverOptions, signal: AbortSignal): Promise<TakenOver> {
  const { log, names, owner, restart } = options
  const { producer, end } = await claim(options, signal)
  try {
    // Without its own record in sight it would take the last owner's for a rival's.
    await log.refresh(signal, end)
    if (log.owner !== undefined && log.owner.instanceId !== owner.instanceId) {
      throw new FencedError(names.prefix, log.owner)
    }
    const nextOffsets = await endsOfTopics(options, signal)
    if (!restart) requireWhole(log.nextOffsets, nextOffsets, options)
    const recovered = log.state()
    const state = restart ? restarted(recovered) : recovered
    const publisher = new KafkaPublisher({ ...options, nextOffsets, generation: state.generation }, producer)
    return { publisher, state, nextOffsets }
  } catch (error) {
    await producer[Symbol.asyncDispose]()
    throw error
  }
}

interface Claim {
  readonly producer: TransactionalProducer
  /** The offset after the owner record. */
  readonly end: number
}

/** A first transaction with the owner record alone: it fences the last writer and ends what that one left open. */
async function claim(options: TakeOverOptions, signal: AbortSignal): Promise<Claim> {
  const { cluster, names, codec, owner } = options
  for (let attempt = 1; ; attempt += 1) {
    const producer = await TransactionalProducer.open(
      cluster,
      transactionalId(names),
      options.producer,
      signal,
    )
    try {
      const transaction = await producer.begin(signal)
      const record = { key: 'owner', value: asBuffer(codec.owner(owner)), headers: {} }
      const { nextOffset } = await transaction.send(names.checkpoints, 0, [record], signal)
      await transaction.commit(signal)
      return { producer, end: nextOffset }
    } catch (error) {
      await producer[Symbol.asyncDispose]()
      // Whether or not it was committed: the same record once more says the same.
      const again = error instanceof KafkaCommitUnknown || error instanceof KafkaEpochError
      if (!again || attempt >= MOST_ATTEMPTS) throw error
    }
  }
}

async function endsOfTopics(
  { cluster, names, resources }: TakeOverOptions,
  signal: AbortSignal,
): Promise<NextOffsets> {
  const ends: Record<string, readonly number[]> = {}
  for (const resource of resources) {
    ends[resource.name] = await cluster.endOffsets(names.data(resource), signal)
  }
  return ends
}

function requireWhole(expected: NextOffsets, actual: NextOffsets, { names }: TakeOverOptions): void {
  for (const [name, offsets] of Object.entries(expected)) {
    for (const [partition, offset] of offsets.entries()) {
      const end = actual[name]?.[partition] ?? 0
      if (end < offset) throw new TopicTruncatedError(`${names.prefix}.${name}`, partition, end, offset)
    }
  }
}

function restarted(recovered: FeedState): FeedState {
  return {
    generation: recovered.generation + 1,
    source: recovered.source,
    watermarks: new Map(),
    passes: new Map(),
  }
}
