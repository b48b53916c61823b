import type { PassProgress } from '../../domain/pass.ts'
import type { RecordKey } from '../../domain/record-key.ts'
import type { Subresource } from '../../domain/resource.ts'
import { isBelow, type Decision } from '../classify.ts'
import type { KeyIndex, SetAnswer } from '../ports.ts'
import {
  fateOf,
  keysLeft,
  type RepublishFate,
  type RepublishResult,
  type RepublishSelection,
} from '../republish.ts'
import type { SetsWanted } from './due-sets.ts'

type Unread = Exclude<SetAnswer['kind'], 'found'>

const UNREAD_FATES: Readonly<Record<Unread, RepublishFate>> = {
  missing: 'not_shown',
  refused: 'refused',
  failed: 'failed',
}

/** Which sets a republish publishes again, and what became of them. */
export class SetsRepublish {
  readonly keys: SetsWanted['keys']
  /** Next offsets of the topic when the pass began. */
  readonly below: readonly number[]
  readonly #fates: Map<RecordKey, RepublishFate> | undefined

  constructor(selection: RepublishSelection, below: readonly number[]) {
    const keys = typeof selection === 'string' ? 'all' : selection
    this.keys = keys
    this.below = below
    this.#fates = keys === 'all' ? undefined : new Map(keys.map((key) => [key, 'no_set']))
  }

  /** As a pass begins: one of certain keys has no place at which it could go on. */
  begun(progress: PassProgress): PassProgress {
    return { ...progress, sweepOffsets: this.below, ...(this.keys === 'all' ? {} : { token: null }) }
  }

  decided(decided: ReadonlyMap<RecordKey, Decision>): void {
    for (const [key, decision] of decided) this.#tell(key, fateOf(decision))
  }

  unread(key: RecordKey, why: Unread): void {
    this.#tell(key, UNREAD_FATES[why])
  }

  async result(
    index: Pick<KeyIndex, 'getMany' | 'outlines'>,
    { name }: Subresource,
    progress: PassProgress,
  ): Promise<Pick<RepublishResult, 'fates' | 'left'>> {
    if (this.#fates === undefined) {
      return { fates: undefined, left: await keysLeft(index, { name }, progress) }
    }
    // Those that did not have to be asked for.
    const untold = [...this.#fates].filter(([, fate]) => fate === 'no_set').map(([key]) => key)
    for (const [i, entry] of (await index.getMany(name, untold)).entries()) {
      const key = untold[i]
      if (key === undefined || entry === undefined || entry.state === 'deleted') continue
      if (entry.state === 'dead_lettered') this.#tell(key, 'dead_lettered')
      else if (!isBelow(this.below, entry)) this.#tell(key, 'published_meanwhile')
    }
    return { fates: this.#fates, left: undefined }
  }

  #tell(key: RecordKey, fate: RepublishFate): void {
    if (this.#fates?.has(key) === true) this.#fates.set(key, fate)
  }
}
