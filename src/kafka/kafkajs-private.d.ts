/**
 * The inner modules of kafkajs that this room uses. The package has no `exports` map, and its version is pinned
 * exactly; test/kafka/client.test.ts fails when an update changes what is relied on.
 */
declare module 'kafkajs/src/cluster/index.js' {
  import type {
    ConfigResourceTypes,
    DescribeConfigResponse,
    ISocketFactory,
    Logger,
    PartitionMetadata,
    RetryOptions,
    SASLOptions,
  } from 'kafkajs'
  import type { ConnectionOptions } from 'node:tls'

  export interface ClusterOptions {
    readonly logger: Logger
    readonly socketFactory: ISocketFactory
    readonly brokers: string[]
    readonly ssl?: ConnectionOptions | boolean
    readonly sasl?: SASLOptions
    readonly clientId: string
    readonly connectionTimeout: number
    readonly reauthenticationThreshold: number
    readonly requestTimeout: number
    readonly enforceRequestTimeout: boolean
    readonly metadataMaxAge: number
    readonly retry: RetryOptions
    readonly allowAutoTopicCreation: boolean
    /** 1: read committed. */
    readonly isolationLevel: 0 | 1
  }

  interface GroupMemberId {
    readonly groupId: string
    readonly memberId: string
  }

  interface GroupGeneration extends GroupMemberId {
    readonly groupGenerationId: number
  }

  /** The broker that keeps a group. */
  export interface Coordinator {
    joinGroup(
      request: GroupMemberId & {
        readonly sessionTimeout: number
        readonly rebalanceTimeout: number
        readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[]
      },
    ): Promise<{
      readonly generationId: number
      readonly leaderId: string
      readonly memberId: string
      /** Told to the leader alone. */
      readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[]
    }>
    syncGroup(
      request: GroupMemberId & {
        readonly generationId: number
        readonly groupAssignment: readonly { readonly memberId: string; readonly memberAssignment: Buffer }[]
      },
    ): Promise<{ readonly memberAssignment: Buffer }>
    heartbeat(request: GroupGeneration): Promise<unknown>
    leaveGroup(request: GroupMemberId): Promise<unknown>
    offsetCommit(
      request: GroupGeneration & {
        readonly topics: readonly {
          readonly topic: string
          readonly partitions: readonly { readonly partition: number; readonly offset: string }[]
        }[]
      },
    ): Promise<unknown>
    offsetFetch(request: {
      readonly groupId: string
      readonly topics: readonly {
        readonly topic: string
        readonly partitions: readonly { readonly partition: number }[]
      }[]
    }): Promise<{
      readonly responses: readonly {
        readonly topic: string
        /** −1: nothing was committed. */
        readonly partitions: readonly { readonly partition: number; readonly offset: string }[]
      }[]
    }>
  }

  /** A request that is not one of kafkajs's own: what `Connection.send` asks of them. */
  export interface WireRequest<T> {
    readonly request: {
      readonly apiKey: number
      readonly apiVersion: number
      readonly apiName: string
      /** What comes after the header. */
      encode(): Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>
    }
    readonly response: {
      /** What comes after the header. `clientSideThrottleTime`: KIP-219; zero if the broker has waited itself. */
      decode(payload: Buffer): Promise<{ readonly answers: T; readonly clientSideThrottleTime: number }>
      parse(decoded: { readonly answers: T }): Promise<T>
    }
  }

  /** A broker as readers need it. */
  export interface FetchingBroker {
    /** By API key; there once it is connected. */
    readonly versions: Readonly<
      Record<number, { readonly minVersion: number; readonly maxVersion: number } | undefined>
    > | null
    readonly connectionPool: {
      readonly host: string
      readonly port: number
      send<T>(request: WireRequest<T>): Promise<T>
    }
  }

  /** A broker as producers need it. */
  export interface ProducingBroker extends FetchingBroker {
    readonly nodeId: number
    disconnect(): Promise<void>
    initProducerId(request: {
      readonly transactionalId: string
      readonly transactionTimeout: number
    }): Promise<{ readonly producerId: string; readonly producerEpoch: number }>
    endTxn(request: {
      readonly transactionalId: string
      readonly producerId: string
      readonly producerEpoch: number
      /** True commits. */
      readonly transactionResult: boolean
    }): Promise<unknown>
  }

  /** A broker as questions of settings need it. */
  export interface AskedBroker extends FetchingBroker {
    describeConfigs(request: {
      readonly includeSynonyms: boolean
      readonly resources: readonly {
        readonly type: ConfigResourceTypes
        readonly name: string
        readonly configNames: string[]
      }[]
    }): Promise<DescribeConfigResponse>
  }

  interface BrokerPool {
    /** Of the last question alone; null before the first. */
    readonly metadata: {
      readonly clusterId: string | null
      readonly topicMetadata: readonly {
        readonly topic: string
        readonly partitionMetadata: PartitionMetadata[]
      }[]
    } | null
    /** Of all topics if there is no name. */
    refreshMetadata(topics: readonly string[]): Promise<void>
    findConnectedBroker(): Promise<AskedBroker>
  }

  export default class Cluster {
    constructor(options: ClusterOptions)
    readonly brokerPool: BrokerPool
    connect(): Promise<void>
    /** Of the leaders in the metadata of the last question. */
    fetchTopicsOffset(
      of: readonly {
        readonly topic: string
        readonly fromBeginning: boolean
        readonly partitions: readonly { readonly partition: number }[]
      }[],
    ): Promise<
      readonly {
        readonly topic: string
        readonly partitions: readonly { readonly partition: number; readonly offset: string }[]
      }[]
    >
    addMultipleTargetTopics(topics: readonly string[]): Promise<void>
    refreshMetadata(): Promise<void>
    refreshMetadataIfNecessary(): Promise<void>
    findGroupCoordinator(group: { readonly groupId: string }): Promise<Coordinator>
    /** 1: of transactions. */
    findGroupCoordinator(of: {
      readonly groupId: string
      readonly coordinatorType: 1
    }): Promise<ProducingBroker>
    findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number }[]
    findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, number[]>
    findBroker(node: { nodeId: string }): Promise<ProducingBroker>
    removeBroker(address: { readonly host: string; readonly port: number }): void
  }
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  export default class RequestQueue {
    readonly pending: readonly unknown[]
    readonly throttledUntil: number
    scheduleCheckPendingRequests: (this: RequestQueue) => void
  }
}

declare module 'kafkajs/src/network/connection.js' {
  import type { ISocketFactory } from 'kafkajs'

  export default class Connection {
    readonly socketFactory: ISocketFactory
    send: (this: Connection, request: object) => Promise<unknown>
  }
}

declare module 'kafkajs/src/protocol/error.js' {
  import type { KafkaJSProtocolError } from 'kafkajs'

  export function createErrorFromCode(code: number): KafkaJSProtocolError
}
