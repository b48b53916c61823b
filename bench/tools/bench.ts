/** What all parts of a run have in common. */
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'

import type { Variables } from './measured-program.ts'
import type { Progress } from './progress.ts'
import { cpuSecondsOf } from './proc.ts'
import { wholeNumber } from './numbers.ts'

export const SIZES = {
  /** Of the initial download. */
  listings: wholeNumber('LISTINGS', 100_000),
  /** Of the largest feed. */
  many: wholeNumber('MANY', 1_000_000),
  rounds: wholeNumber('ROUNDS', 3),
}
export type Sizes = typeof SIZES

export interface Stack {
  readonly settings: { readonly KAFKA_BROKERS: string; readonly SCHEMA_REGISTRY_URL: string }
  /** Of the broker, where it is a process of this machine that the bench has started. */
  readonly brokerPid: number | undefined
}

export class Bench implements AsyncDisposable {
  readonly sizes = SIZES
  readonly profile = process.env['BENCH_PROFILE'] === '1'
  readonly folder: string
  readonly settings: Variables & Stack['settings']
  readonly broker: string
  readonly #stack: Stack
  readonly #progress: Progress
  readonly #run = Date.now().toString(36)
  readonly #owned = new AsyncDisposableStack()
  #prefixes = 0
  /** Something was downloaded since the broker started, often enough. */
  isWarm = false

  constructor(stack: Stack, progress: Progress, folder: string) {
    this.#stack = stack
    this.#progress = progress
    this.folder = folder
    // Custom fields are part of what is measured.
    this.settings = { ...stack.settings, EXPAND: 'CustomFieldsRaw', HTTP_PORT: '0' }
    this.broker = stack.settings.KAFKA_BROKERS.split(',')[0] ?? ''
  }

  say(line: string): void {
    this.#progress.say(line)
  }

  /** Of the topics of a feed that nobody has had. */
  prefix(name: string): string {
    this.#prefixes += 1
    return `bench-${this.#run}-${this.#prefixes}-${name}`
  }

  async newFolder(name: string): Promise<string> {
    return await mkdtemp(join(this.folder, `${name}-`))
  }

  get brokerCpuSeconds(): number | undefined {
    return cpuSecondsOf(this.#stack.brokerPid)
  }

  /** Until the end of the run. */
  own<T extends AsyncDisposable>(resource: T): T {
    return this.#owned.use(resource)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync()
  }
}
