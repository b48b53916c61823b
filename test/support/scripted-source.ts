import { instant, type Instant } from '../../src/listing/instant.ts'
import type { SourceIdentity } from '../../src/listing/pass.ts'
import { recordKey, type RecordKey } from '../../src/listing/record-key.ts'
import type { ResourceDescription } from '../../src/listing/resource.ts'
import type { SourceRecord } from '../../src/listing/source-record.ts'
import type { KeysAnswer, OneAnswer, Source, SourcePage, WalkRequest } from '../../src/replication/ports.ts'

/**
 * One step of a walk. What a page leaves out is filled in: `token` as it was sent, `request` from the source's counter,
 * `serverDate` from its clock, `nextToken` a new one if a step follows and null otherwise.
 */
export type WalkStep =
  | (Partial<SourcePage> & Pick<SourcePage, 'records'>)
  | { readonly fail: Error }
  /** Changes the world between two pages. */
  | { readonly run: () => void }

export type Question =
  | ({ readonly kind: 'walk' } & WalkRequest)
  | { readonly kind: 'count'; readonly filter: string }
  | {
      readonly kind: 'findByKeys'
      readonly keys: readonly RecordKey[]
      readonly select: WalkRequest['select']
    }
  | { readonly kind: 'findOne'; readonly key: RecordKey }

export interface SourceScript {
  readonly identity?: SourceIdentity
  /** One list of steps per call of `walk`. */
  readonly walks?: Iterable<readonly WalkStep[]>
  /** One per call of `count`. */
  readonly counts?: Iterable<number | undefined | Error>
  /** What exists: questions by key are answered from it. */
  readonly records?: Iterable<SourceRecord>
  /** Answers a list question in another way; undefined leaves it to `records`. */
  readonly findByKeys?: (
    keys: readonly RecordKey[],
  ) => readonly SourceRecord[] | 'refused' | Error | undefined
  /** Answers a question for one key in another way; undefined leaves it to `records`. */
  readonly findOne?: (key: RecordKey) => SourceRecord | 'gone' | 'inconclusive' | Error | undefined
}

/** A source that does what its script says, notes what it is asked, and fails on what it was not told to expect. */
export class ScriptedSource implements Source {
  readonly asked: Question[] = []
  /** What exists; tests may change it. */
  readonly records: Map<RecordKey, SourceRecord>
  /** The server's clock; tests move it. */
  now: Instant
  readonly #script: SourceScript
  readonly #walks: (readonly WalkStep[])[]
  readonly #counts: (number | undefined | Error)[]
  /** Told the Date of every page and every answer to a question by key (R4). */
  onDate: (date: Instant) => void = () => undefined
  #request = 0

  constructor(script: SourceScript, now: Instant = SERVER_TIME) {
    this.#script = script
    this.#walks = [...(script.walks ?? [])]
    this.#counts = [...(script.counts ?? [])]
    this.records = new Map([...(script.records ?? [])].map((record) => [record.key, record]))
    this.now = now
  }

  /** As the source of a process that takes over: its requests are numbered above those of the last one (R6). */
  skipRequests(last: number): void {
    this.#request = Math.max(this.#request, last)
  }

  /** Walks and counts that were scripted and never asked for. */
  leftOver(): { readonly walks: number; readonly counts: number } {
    return { walks: this.#walks.length, counts: this.#counts.length }
  }

  async identify(signal: AbortSignal): Promise<SourceIdentity> {
    signal.throwIfAborted()
    return this.#script.identity ?? { host: 'replication.example', userId: 'user-1', mlsId: 'mls-1' }
  }

  async *walk(request: WalkRequest, signal: AbortSignal): AsyncGenerator<SourcePage, void, undefined> {
    this.asked.push({ kind: 'walk', ...request })
    const steps = this.#walks.shift()
    if (steps === undefined) throw new Error(`a walk that is not in the script: ${JSON.stringify(request)}`)
    const last = steps.findLastIndex((step) => !('run' in step))
    let { token } = request
    for (const [i, step] of steps.entries()) {
      signal.throwIfAborted()
      if ('run' in step) step.run()
      else if ('fail' in step) throw step.fail
      else {
        const number = this.#nextRequest()
        const page: SourcePage = {
          request: number,
          token,
          nextToken: i === last ? null : `token-${number}`,
          serverDate: this.now,
          unreadable: [],
          ...step,
        }
        if (page.serverDate !== null) this.onDate(page.serverDate)
        yield page
        if (page.nextToken === null) return
        token = page.nextToken
      }
    }
  }

  async count(
    _resource: ResourceDescription,
    filter: string,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    signal.throwIfAborted()
    this.asked.push({ kind: 'count', filter })
    this.onDate(this.now)
    if (this.#counts.length === 0) throw new Error(`a count that is not in the script: ${filter}`)
    const count = this.#counts.shift()
    if (count instanceof Error) throw count
    return count
  }

  async findByKeys(
    _resource: ResourceDescription,
    keys: readonly RecordKey[],
    select: WalkRequest['select'],
    signal: AbortSignal,
  ): Promise<KeysAnswer> {
    signal.throwIfAborted()
    if (keys.length > 200) throw new Error(`${keys.length} keys in one question; SparkQL takes 200`)
    this.asked.push({ kind: 'findByKeys', keys: [...keys], select })
    const request = this.#nextRequest()
    this.onDate(this.now)
    const scripted = this.#script.findByKeys?.(keys)
    if (scripted instanceof Error) throw scripted
    if (scripted === 'refused') return { kind: 'refused', why: 'by the script' }
    const records = scripted ?? keys.flatMap((key) => this.records.get(key) ?? [])
    return { kind: 'answered', request, serverDate: this.now, records }
  }

  async findOne(_resource: ResourceDescription, key: RecordKey, signal: AbortSignal): Promise<OneAnswer> {
    signal.throwIfAborted()
    this.asked.push({ kind: 'findOne', key })
    this.onDate(this.now)
    const base = { request: this.#nextRequest(), serverDate: this.now }
    const answer = this.#script.findOne?.(key) ?? this.records.get(key) ?? 'gone'
    if (answer instanceof Error) throw answer
    if (answer === 'gone') return { kind: 'gone', ...base }
    if (answer === 'inconclusive') return { kind: 'inconclusive', why: 'by the script' }
    return { kind: 'found', ...base, record: answer }
  }

  #nextRequest(): number {
    this.#request += 1
    return this.#request
  }
}

/** Where a scripted source's clock begins. */
export const SERVER_TIME: Instant = instant(Date.UTC(2026, 4, 2, 14, 0, 0))

/** A listing as the source sends it; its stamp is an hour before `SERVER_TIME` unless given. */
export function sourceRecord(
  key: string,
  fields: Readonly<Record<string, string | number | null>> = {},
  over: Partial<SourceRecord> = {},
): SourceRecord {
  const modificationTimestamp = over.modificationTimestamp ?? instant(SERVER_TIME - 3_600_000)
  return {
    key: recordKey(key),
    mlsId: 'mls-1',
    changeStamps: { photos: null, videos: null, documents: null },
    body: {
      Id: key,
      StandardFields: {
        ListingKey: key,
        ModificationTimestamp: new Date(modificationTimestamp).toISOString(),
        ...fields,
      },
    },
    ...over,
    modificationTimestamp,
  }
}

/** The row that a walk of keys shows of a record. */
export function keyRow({ key, modificationTimestamp }: SourceRecord): SourceRecord {
  return { key, modificationTimestamp, mlsId: null, changeStamps: {}, body: { Id: key } }
}

export function keyRecord(key: string): SourceRecord {
  return keyRow(sourceRecord(key))
}
