import { resolve } from 'node:path'

export type StackEngine = 'docker' | 'jvm'

export interface StackOptions {
  /** Data, logs and what was started. @default '.stack/local', of the working directory */
  readonly folder?: string
  /** What is downloaded once and shared by all stacks. @default '.stack' */
  readonly downloads?: string
  /** Port of the first broker, on 127.0.0.1; further brokers take the next ones. @default 9092 */
  readonly kafkaPort?: number
  /** @default 8081 */
  readonly registryPort?: number
  /** Brokers, each also a controller; more than one only on the JVM. @default 1 */
  readonly brokers?: number
  /** Heap of each broker, MB. @default 512 */
  readonly kafkaHeapMb?: number
  /** @default Docker Compose where an engine answers and one broker is wanted, else the JVM */
  readonly engine?: StackEngine
  /** Takes one line of text for a person. @default nothing is said */
  readonly progress?: (line: string) => void
}

/** `down` and `status` need only the folder. */
export type StackLocation = Pick<StackOptions, 'folder' | 'progress'>

export interface StackAddress {
  readonly engine: StackEngine
  /** `host:port` of each broker. */
  readonly brokers: readonly string[]
  /** Confluent-compatible base, the value of `SCHEMA_REGISTRY_URL`. */
  readonly registryUrl: string
}

export interface StackServiceStatus {
  readonly name: string
  /** `host:port` */
  readonly address: string
  /** Absent for a container. */
  readonly pid?: number
  readonly running: boolean
  /** Whether it answered a request of its own protocol just now. */
  readonly answers: boolean
}

export interface StackStatus {
  /** `up`: everything answers; `partial`: something was started but not all of it answers. */
  readonly state: 'up' | 'partial' | 'down'
  readonly services: readonly StackServiceStatus[]
  /** Absent when nothing was started. */
  readonly address?: StackAddress
}

export type ResolvedStackOptions = Required<Omit<StackOptions, 'engine'>> & {
  readonly engine: StackEngine | undefined
}

export function resolveOptions(options: StackOptions): ResolvedStackOptions {
  return {
    folder: resolve(options.folder ?? '.stack/local'),
    downloads: resolve(options.downloads ?? '.stack'),
    kafkaPort: options.kafkaPort ?? 9092,
    registryPort: options.registryPort ?? 8081,
    brokers: options.brokers ?? 1,
    kafkaHeapMb: options.kafkaHeapMb ?? 512,
    engine: options.engine,
    progress: options.progress ?? (() => undefined),
  }
}
