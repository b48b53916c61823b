import { constants } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { ResourceDescription } from '../../domain/resource.ts'
import { KeyIndexError } from '../../key-index/errors.ts'
import type { LevelKeyIndex } from '../../key-index/level-key-index.ts'
import { INDEX_FOLDER, openKeyIndex } from '../../key-index/open-key-index.ts'
import type { Logger } from '../../ops/logger.ts'
import { errorCode } from '../../support/error-code.ts'
import { METADATA_FILE } from '../metadata/metadata-cache.ts'

/** Of what a plan reads; it is gone with the plan. */
export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string
}

/** Below the system's (`TMPDIR`). Only its owner may look into it. */
export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), 'listingstream-plan-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/**
 * Copies what `DATA_DIR` has of a feed. A daemon may write it meanwhile: a copy that is not whole is no copy, and what it was
 * to hold is had from the topics, or from the source.
 */
export async function copyDataDir(dataDir: string, to: string, logger: Logger): Promise<void> {
  for (const name of [INDEX_FOLDER, METADATA_FILE]) {
    const target = join(to, name)
    try {
      await cp(join(dataDir, name), target, {
        recursive: true,
        mode: constants.COPYFILE_FICLONE,
        dereference: true,
      })
    } catch (err) {
      await rm(target, { recursive: true, force: true })
      if (errorCode(err) !== 'ENOENT')
        logger.info({ err, name }, 'DATA_DIR could not be copied; doing without')
    }
  }
}

/** The copy, or an empty index if there is none, or none that LevelDB can open. */
export async function openCopiedIndex(
  folder: string,
  resources: readonly ResourceDescription[],
  signal: AbortSignal,
): Promise<LevelKeyIndex> {
  try {
    return await openKeyIndex(folder, { resources, mustExist: true }, signal)
  } catch (error) {
    if (!(error instanceof KeyIndexError)) throw error
    await rm(join(folder, INDEX_FOLDER), { recursive: true, force: true })
    return await openKeyIndex(folder, { resources }, signal)
  }
}
