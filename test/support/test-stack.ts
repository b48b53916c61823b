import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'

/** The broker and the registry of this run, and the way to a console consumer that is not ours. */
export interface TestStack {
  readonly brokers: readonly string[]
  /** Confluent-compatible base, the value of `SCHEMA_REGISTRY_URL`. */
  readonly registryUrl: string
  readonly consoleConsumer: {
    readonly command: readonly [file: string, ...args: string[]]
    /** The brokers as that command sees them: it may run inside a container. */
    readonly bootstrap: string
  }
}

declare module 'vitest' {
  export interface ProvidedContext {
    stack: TestStack
  }
}

/** For integration tests only; the unit project has no stack. */
export function testStack(): TestStack {
  return inject('stack')
}

/** A prefix that no other test has: topics, groups, transactional ids and subjects begin with it. */
export function uniqueTopicPrefix(): string {
  return `t-${randomBytes(6).toString('hex')}`
}
