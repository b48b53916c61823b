/**
 * The inner modules of kafkajs that this room uses. The package has no `exports` map, and its version is pinned
 * exactly; test/kafka/client.test.ts fails when an update changes what is relied on.
 */
declare module 'kafkajs/src/cluster/index.js' {
  import type { ISocketFactory, Logger, RetryOptions, SASLOptions } from 'kafkajs'
  import type { ConnectionOptions } from 'node:tls'

  export interface ClusterOptions {
    readonly logger: Logger
    readonly socketFactory: ISocketFactory
    readonly brokers: string[]
    readonly ssl?: ConnectionOptions | boolean
    readonly sasl?: SASLOptions
    readonly clientId: string
    readonly connectionTimeout: number
    readonly requestTimeout: number
    readonly enforceRequestTimeout: boolean
    readonly metadataMaxAge: number
    readonly retry: RetryOptions
    readonly allowAutoTopicCreation: boolean
    /** 1: read committed. */
    readonly isolationLevel: 0 | 1
  }

  export interface FetchedRecord {
    readonly offset: string
    readonly timestamp: string
    readonly key: Buffer | null
    readonly value: Buffer | null
    readonly headers: Readonly<Record<string, Buffer | null | (Buffer | null)[]>>
    readonly isControlRecord: boolean
    readonly batchContext: {
      readonly firstOffset: string
      readonly lastOffsetDelta: number
      readonly producerId: string
      readonly inTransaction: boolean
    }
  }

  export interface FetchedPartition {
    readonly partition: number
    readonly lastStableOffset: string
    readonly abortedTransactions:
      | readonly { readonly producerId: string; readonly firstOffset: string }[]
      | null
    readonly messages: readonly FetchedRecord[]
  }

  export interface FetchRequest {
    readonly isolationLevel: 0 | 1
    readonly maxWaitTime: number
    readonly minBytes: number
    readonly maxBytes: number
    readonly topics: readonly {
      readonly topic: string
      readonly partitions: readonly {
        readonly partition: number
        readonly fetchOffset: string
        readonly maxBytes: number
      }[]
    }[]
  }

  export interface FetchResponse {
    readonly responses: readonly {
      readonly topicName: string
      readonly partitions: readonly FetchedPartition[]
    }[]
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

  export default class Cluster {
    constructor(options: ClusterOptions)
    connect(): Promise<void>
    addMultipleTargetTopics(topics: readonly string[]): Promise<void>
    refreshMetadata(): Promise<void>
    refreshMetadataIfNecessary(): Promise<void>
    findGroupCoordinator(group: { readonly groupId: string }): Promise<Coordinator>
    findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number }[]
    findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, number[]>
    findBroker(node: { nodeId: string }): Promise<{ fetch(request: FetchRequest): Promise<FetchResponse> }>
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
