import { mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

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

/** Writes `DATA_DIR/daemon.json`; disposing of it removes the file, unless another daemon has written its own since. */
export async function writeDaemonFile(dataDir: string, statement: DaemonStatement): Promise<AsyncDisposable> {
  await mkdir(dataDir, { recursive: true })
  const info: DaemonInfo = { ...statement, dataDir: await realpath(dataDir) }
  const path = join(dataDir, FILE)
  const draft = `${path}.${process.pid}.tmp`
  await rm(draft, { force: true })
  await writeFile(draft, `${JSON.stringify(info)}\n`, { mode: 0o600, flag: 'wx' })
  await rename(draft, path)
  return {
    async [Symbol.asyncDispose]() {
      const current = await readInfo(dataDir)
      if (current?.instanceId === info.instanceId) await rm(path, { force: true })
    },
  }
}

/**
 * Undefined if there is no such file, if it cannot be read as one or came with a copy of another folder, or if its
 * process no longer lives.
 */
export async function readDaemonFile(dataDir: string): Promise<DaemonInfo | undefined> {
  const info = await readInfo(dataDir)
  if (info === undefined || info.dataDir !== (await realpath(dataDir))) return undefined
  return isAlive(info.pid) ? info : undefined
}

async function readInfo(dataDir: string): Promise<DaemonInfo | undefined> {
  try {
    return DAEMON_INFO.parse(JSON.parse(await readFile(join(dataDir, FILE), 'utf8')))
  } catch {
    // It is a hint, never the truth: the lock of the key index says who holds the folder.
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // EPERM: it lives, under another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
