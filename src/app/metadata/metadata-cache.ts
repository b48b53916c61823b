import { createHmac } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

import type { Secret } from '../../config/secret.ts'
import type { SourceIdentity } from '../../domain/pass.ts'
import type { MetadataVersion } from '../../spark/spark-metadata.ts'
import { makePrivateFolder } from '../../support/private-folder.ts'
import { SerialQueue } from '../../support/serial-queue.ts'

/** What a metadata service last answered, and with what it is asked whether that still holds. */
export interface CachedAnswer<Item> extends MetadataVersion {
  readonly items: readonly Item[]
}

export interface MetadataCacheOptions {
  readonly dataDir: string
  /** Base of the API. */
  readonly apiUrl: string
  readonly accessToken: Secret
  readonly source: SourceIdentity
}

const ANSWER = z.object({
  etag: z.string().nullable(),
  lastModified: z.string().nullable(),
  items: z.array(z.unknown()),
})
const FILE = z.object({ version: z.literal(1), answers: z.record(z.string(), ANSWER) })
/** In `DATA_DIR`. */
export const METADATA_FILE = 'metadata.json'

/**
 * The answers of the metadata services in `DATA_DIR/metadata.json`, which may be deleted at any time. What a service
 * answers depends on host, user and MLS, and may depend on the token (docs/spark-api.md §3.5): an answer is found again only
 * for the same ones. The file holds no token, only a hash keyed by it (R15).
 */
export class MetadataCache {
  readonly #options: MetadataCacheOptions
  /** By key; those of another token or identity are left behind at the first write. */
  readonly #answers = new Map<string, CachedAnswer<unknown>>()
  /** Under which `#answers` are. */
  #token: string
  readonly #stored: ReadonlyMap<string, CachedAnswer<unknown>>
  /** Services are asked side by side; the file is written by one at a time. */
  readonly #writes = new SerialQueue()

  private constructor(options: MetadataCacheOptions, stored: ReadonlyMap<string, CachedAnswer<unknown>>) {
    this.#options = options
    this.#stored = stored
    this.#token = options.accessToken.reveal()
  }

  /** A file that is missing or damaged is an empty cache. */
  static async open(options: MetadataCacheOptions): Promise<MetadataCache> {
    return new MetadataCache(options, await readAnswers(join(options.dataDir, METADATA_FILE)))
  }

  /** Undefined if there is none, or none that `item` understands. */
  find<Item>(path: string, item: z.ZodType<Item>): CachedAnswer<Item> | undefined {
    const key = this.#keyOf(path)
    const found = this.#stored.get(key)
    const items = z.array(item).safeParse(found?.items)
    if (found === undefined || !items.success) return undefined
    this.#answers.set(key, found)
    return { ...found, items: items.data }
  }

  /** Whether the answer that is known was given to the token as it is now. */
  holds(path: string): boolean {
    return this.#answers.has(this.#keyOf(path))
  }

  /** Whole or not at all, also if the process ends meanwhile. */
  async store(path: string, answer: CachedAnswer<unknown>): Promise<void> {
    const key = this.#keyOf(path)
    if (this.#token !== this.#options.accessToken.reveal()) {
      this.#token = this.#options.accessToken.reveal()
      this.#answers.clear()
    }
    this.#answers.set(key, answer)
    await this.#writes.run(() => this.#write())
  }

  async #write(): Promise<void> {
    const { dataDir } = this.#options
    const file = join(dataDir, METADATA_FILE)
    const draft = `${file}.${process.pid}.tmp`
    await makePrivateFolder(dataDir)
    await rm(draft, { force: true })
    const text = JSON.stringify({ version: 1, answers: Object.fromEntries(this.#answers) })
    await writeFile(draft, `${text}\n`, { mode: 0o600, flag: 'wx' })
    await rename(draft, file)
  }

  #keyOf(path: string): string {
    const { apiUrl, accessToken, source } = this.#options
    const identity = JSON.stringify([`${apiUrl}${path}`, source.host, source.userId, source.mlsId])
    return createHmac('sha256', accessToken.reveal()).update(identity).digest('hex')
  }
}

async function readAnswers(path: string): Promise<ReadonlyMap<string, CachedAnswer<unknown>>> {
  try {
    const { answers } = FILE.parse(JSON.parse(await readFile(path, 'utf8')))
    return new Map(Object.entries(answers))
  } catch {
    // It only saves a download.
    return new Map()
  }
}
