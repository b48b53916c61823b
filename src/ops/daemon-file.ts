import { constants } from 'node:fs'
import { open, realpath, rename, rm, writeFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

import { ListingstreamError } from '../support/errors.ts'
import { makePrivateFolder } from '../support/private-folder.ts'
import { isProcessAlive } from '../support/process-alive.ts'

const DAEMON_INFO = z.object({
  /** Of its HTTP server, without a slash at its end. */
  url: z.url({ protocol: /^http$/ }),
  pid: z.int().positive(),
  /** ISO 8601. */
  startedAt: z.iso.datetime(),
  instanceId: z.string().min(1),
  /** The folder that it holds, without links. A copy of the folder has the file too, but not the daemon. */
  dataDir: z.string().min(1),
  /** What its work depends on: text by variable. */
  settings: z.record(z.string(), z.string()),
})

/** Where the daemon that holds a `DATA_DIR` can be asked. */
export type DaemonInfo = Readonly<z.output<typeof DAEMON_INFO>>
export type DaemonStatement = Omit<DaemonInfo, 'dataDir'>

const FILE = 'daemon.json'
const LARGEST_BYTES = 65_536

export interface DaemonFile extends AsyncDisposable {
  /** Whether it lies there as it was written; not where the folder was deleted, or replaced by another. */
  stands(): Promise<boolean>
}

/** Writes `DATA_DIR/daemon.json`; disposing of it removes the file, unless another daemon has written its own since. */
export async function writeDaemonFile(dataDir: string, statement: DaemonStatement): Promise<DaemonFile> {
  await makePrivateFolder(dataDir)
  const info: DaemonInfo = { ...statement, dataDir: await realpath(dataDir) }
  const path = join(dataDir, FILE)
  const draft = `${path}.${process.pid}.tmp`
  await rm(draft, { force: true })
  await writeFile(draft, `${JSON.stringify(info)}\n`, { mode: 0o600, flag: 'wx' })
  await rename(draft, path)
  const stands = async (): Promise<boolean> => (await readInfo(dataDir))?.instanceId === info.instanceId
  return {
    stands,
    async [Symbol.asyncDispose]() {
      if (await stands()) await rm(path, { force: true })
    },
  }
}

/**
 * Undefined if there is no such file, if it cannot be read as one or came with a copy of another folder, or if its
 * process no longer lives.
 *
 * @throws {ListingstreamError} DAEMON_FILE_UNTRUSTED if somebody else may have written it: what is sent to the address in
 *   it may be a secret.
 */
export async function readDaemonFile(dataDir: string): Promise<DaemonInfo | undefined> {
  const found = await readFound(dataDir)
  if (found === undefined || found.info.dataDir !== (await realpath(dataDir))) return undefined
  if (!isProcessAlive(found.info.pid)) return undefined
  if (found.isOurs) return found.info
  throw new ListingstreamError(
    `The file daemon.json in DATA_DIR is not of this user or root, or others may write it, so nothing is sent where it points to. Run the command as the daemon's user; if that process (${found.info.pid}) is no listingstream, remove the file.`,
    { code: 'DAEMON_FILE_UNTRUSTED', retryable: false, disposition: 'stop' },
  )
}

async function readInfo(dataDir: string): Promise<DaemonInfo | undefined> {
  return (await readFound(dataDir))?.info
}

interface FoundFile {
  readonly info: DaemonInfo
  readonly isOurs: boolean
}

async function readFound(dataDir: string): Promise<FoundFile | undefined> {
  try {
    // Neither through a link, nor waiting for who writes into a pipe.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
    await using file = await open(join(dataDir, FILE), flags)
    return {
      isOurs: await isOurs(file),
      info: DAEMON_INFO.parse(JSON.parse(await file.readFile('utf8'))),
    }
  } catch {
    // It is a hint, never the truth: the lock of the key index says who holds the folder.
    return undefined
  }
}

const OTHERS_MAY_WRITE = 0o022

async function isOurs(file: FileHandle): Promise<boolean> {
  const stats = await file.stat()
  const { uid, mode, size } = stats
  if (!stats.isFile() || size > LARGEST_BYTES) throw new RangeError('That is no file of ours.')
  // Windows has no such owners.
  if (process.getuid === undefined) return true
  return (uid === 0 || uid === process.getuid()) && (mode & OTHERS_MAY_WRITE) === 0
}
