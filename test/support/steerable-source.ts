import type { Instant } from '../../src/listing/instant.ts'
import type { SourceIdentity } from '../../src/listing/pass.ts'
import type { SourceRecord } from '../../src/listing/source-record.ts'
import type { KeysAnswer, OneAnswer, Source, SourcePage, WalkRequest } from '../../src/replication/ports.ts'
import { orAborted } from '../../src/support/abort.ts'

type WalkName = 'snapshot' | 'update' | 'purge'

/** A source whose walks show all its records on one page each, and can be counted, stopped and made to fail by kind. */
export class SteerableSource implements Source {
  /** Walks begun. */
  readonly walks: WalkName[] = []
  readonly failures = new Map<WalkName, Error>()
  /** A walk of the kind shows its last page only when this resolves. */
  readonly gates = new Map<WalkName, Promise<void>>()
  readonly #now: () => Instant
  readonly #records: readonly SourceRecord[]
  #request = 0

  constructor(records: readonly SourceRecord[], now: () => Instant) {
    this.#records = records
    this.#now = now
  }

  times(name: WalkName): number {
    return this.walks.filter((walk) => walk === name).length
  }

  async *walk(request: WalkRequest, signal: AbortSignal): AsyncGenerator<SourcePage, void, undefined> {
    const name = request.select === 'keys' ? 'purge' : request.filter === '' ? 'snapshot' : 'update'
    this.walks.push(name)
    const failure = this.failures.get(name)
    if (failure !== undefined) throw failure
    const gate = this.gates.get(name)
    if (gate !== undefined && request.token === '') {
      yield this.#page([], '', 'last')
      await orAborted(gate, signal)
    }
    yield this.#page(this.#records, request.token, null)
  }

  async identify(): Promise<SourceIdentity> {
    return { host: 'replication.example', userId: 'user-1', mlsId: 'mls-1' }
  }

  async count(): Promise<number> {
    return 0
  }

  async findByKeys(): Promise<KeysAnswer> {
    return { kind: 'refused', why: 'nobody should ask' }
  }

  async findOne(): Promise<OneAnswer> {
    return { kind: 'inconclusive', why: 'nobody should ask' }
  }

  #page(records: readonly SourceRecord[], token: string, nextToken: string | null): SourcePage {
    this.#request += 1
    return { request: this.#request, token, nextToken, serverDate: this.#now(), records, unreadable: [] }
  }
}
