import { access, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ResourceDescription } from '../domain/resource.ts'
import { makePrivateFolder } from '../support/private-folder.ts'
import { IndexCorruptError, IndexMissingError, levelErrorCode, openingError } from './errors.ts'
import { LevelKeyIndex } from './level-key-index.ts'
import { LevelStore } from './level-store.ts'

export interface KeyIndexOptions {
  /** Whose keys it holds. */
  readonly resources: readonly ResourceDescription[]
  /** LevelDB's cache of uncompressed blocks, in bytes. @default 32 MiB */
  readonly cacheBytes?: number
  /** Neither makes an index nor replaces a damaged one, for who only wants to look. @default false */
  readonly mustExist?: boolean
}

/** In `DATA_DIR`. */
export const INDEX_FOLDER = 'index'
const CACHE_BYTES = 32 * 1024 * 1024

/**
 * Opens the index in `<dataDirectory>/index`, or makes an empty one. One that cannot be read is replaced by an empty one,
 * which `recreated` tells: it is a cache, and `state()` null has it rebuilt from the topics (R2).
 *
 * @throws {IndexMissingError} with `mustExist`, if there is none.
 * @throws {IndexCorruptError} with `mustExist`, if it cannot be read.
 * @throws {IndexLockedError} another process has it open.
 * @throws {IndexUnavailableError} the folder cannot be made or written to.
 */
export async function openKeyIndex(
  dataDirectory: string,
  options: KeyIndexOptions,
  signal: AbortSignal,
): Promise<LevelKeyIndex> {
  const location = join(dataDirectory, INDEX_FOLDER)
  const { resources, cacheBytes = CACHE_BYTES, mustExist = false } = options
  const settings = { resources, cacheBytes }
  signal.throwIfAborted()
  if (mustExist && !(await exists(location))) throw new IndexMissingError(location)
  let index: LevelKeyIndex
  try {
    if (!mustExist) await makePrivateFolder(dataDirectory)
    index = await openAt(location, settings, null)
  } catch (error) {
    if (!isDamage(error)) throw openingError(location, error)
    if (mustExist) throw new IndexCorruptError(location, 'LevelDB cannot open it', error)
    index = await recreateAt(location, settings, error)
  }
  if (signal.aborted) await index[Symbol.asyncDispose]()
  signal.throwIfAborted()
  return index
}

/** When an index of `openKeyIndex` was last written to, in milliseconds since 1970; undefined if there is none. */
export async function keyIndexWrittenAt(dataDirectory: string): Promise<number | undefined> {
  const location = join(dataDirectory, INDEX_FOLDER)
  if (!(await exists(location))) return undefined
  const files = await readdir(location)
  const stats = await Promise.all(files.map((file) => stat(join(location, file)).catch(() => undefined)))
  return Math.max(0, ...stats.map((found) => found?.mtimeMs ?? 0))
}

/** Whether an index lies in the folder, open or not. */
export function hasKeyIndex(dataDirectory: string): Promise<boolean> {
  return exists(join(dataDirectory, INDEX_FOLDER))
}

/** As LevelDB sees it: by the file that names its manifest. */
async function exists(location: string): Promise<boolean> {
  try {
    await access(join(location, 'CURRENT'))
    return true
  } catch {
    return false
  }
}

type OpeningSettings = Required<Pick<KeyIndexOptions, 'resources' | 'cacheBytes'>>

async function recreateAt(location: string, settings: OpeningSettings, cause: Error): Promise<LevelKeyIndex> {
  try {
    await LevelStore.destroy(location)
    return await openAt(location, settings, cause)
  } catch (error) {
    throw openingError(location, error)
  }
}

async function openAt(
  location: string,
  { resources, cacheBytes }: OpeningSettings,
  recreated: Error | null,
): Promise<LevelKeyIndex> {
  const store = await LevelStore.open(location, cacheBytes)
  try {
    return await LevelKeyIndex.load(store, resources, recreated)
  } catch (error) {
    await store[Symbol.asyncDispose]()
    throw error
  }
}

// A manifest that is gone is an I/O error to LevelDB, like a folder without permission: that one fails again when made anew.
function isDamage(error: unknown): error is Error {
  const code = levelErrorCode(error)
  return error instanceof IndexCorruptError || code === 'LEVEL_CORRUPTION' || code === 'LEVEL_IO_ERROR'
}
