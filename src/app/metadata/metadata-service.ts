import { isDeepStrictEqual } from 'node:util'

import type { z } from 'zod'

import type { Logger } from '../../ops/logger.ts'
import type { MetadataAnswer, MetadataPath, MetadataVersion } from '../../spark/spark-metadata.ts'
import type { CachedAnswer, MetadataCache } from './metadata-cache.ts'

export interface MetadataServiceOptions {
  readonly cache: MetadataCache
  readonly logger: Logger
}

/** One service, and what it last said. */
export class MetadataService<Item> {
  readonly #path: MetadataPath
  readonly #options: MetadataServiceOptions
  readonly #fetch: (
    previous: MetadataVersion | undefined,
    signal: AbortSignal,
  ) => Promise<MetadataAnswer<Item>>
  #known: CachedAnswer<Item> | undefined
  #isMissing = false

  constructor(
    path: MetadataPath,
    item: z.ZodType<Item>,
    options: MetadataServiceOptions,
    fetch: (previous: MetadataVersion | undefined, signal: AbortSignal) => Promise<MetadataAnswer<Item>>,
  ) {
    this.#path = path
    this.#options = options
    this.#fetch = fetch
    this.#known = options.cache.find(path, item)
  }

  /**
   * The same array while nothing changed; the last known one, or none, after an error that `mayFail` lets pass. `known`:
   * something is. An empty list in the place of one that was not is no answer, either.
   */
  async ask(
    mayFail: (error: unknown, known: boolean) => boolean,
    signal: AbortSignal,
  ): Promise<readonly Item[]> {
    const known = (this.#known?.items.length ?? 0) > 0
    try {
      const { cache } = this.#options
      // What another token was told is no condition: this one may be told something else.
      const previous = cache.holds(this.#path) ? this.#known : undefined
      const answer = await this.#fetch(previous, signal)
      if (answer.kind === 'fetched' && answer.items.length === 0 && known) this.#goOn(undefined)
      else {
        if (answer.kind === 'fetched') await this.#keep(answer)
        this.#isMissing = false
      }
    } catch (error) {
      if (!mayFail(error, known)) throw error
      this.#goOn(error)
    }
    this.#known ??= { etag: null, lastModified: null, items: [] }
    return this.#known.items
  }

  /** Told once, until there is an answer again. */
  #goOn(err: unknown): void {
    const why = err === undefined ? `an empty answer from ${this.#path}` : `no answer from ${this.#path}`
    this.#options.logger[this.#isMissing ? 'debug' : 'warn'](
      err === undefined ? {} : { err },
      `${why}; what is known of it goes on to count`,
    )
    this.#isMissing = true
  }

  async #keep({
    etag,
    lastModified,
    items,
  }: Extract<MetadataAnswer<Item>, { kind: 'fetched' }>): Promise<void> {
    const known = this.#known
    // A server that ignores the conditions costs bytes, no new schema and no write.
    const same = known !== undefined && isDeepStrictEqual(known.items, items)
    this.#known = { etag, lastModified, items: same ? known.items : items }
    const isKept = known?.etag === etag && known.lastModified === lastModified
    if (same && isKept && this.#options.cache.holds(this.#path)) return
    try {
      await this.#options.cache.store(this.#path, this.#known)
    } catch (error) {
      this.#options.logger.warn(
        { err: error },
        'the metadata cannot be kept in DATA_DIR; the next start downloads it again',
      )
    }
  }
}
