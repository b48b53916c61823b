/** What the program has of this machine: the folder, the disk below it, open files, and who may ask it. */
import { constants } from 'node:fs'
import { access, readFile, stat, statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

import type { Settings } from '../../config/settings.ts'
import { isLoopback } from '../../ops/loopback.ts'
import { errorCode } from '../../support/error-code.ts'
import { laxMode } from '../../support/private-folder.ts'
import { ok, warning, wrong, type Finding } from './finding.ts'

const MIB = 1024 * 1024
/** An index of 100,000 listings has some 30 MB, and LevelDB writes a part of it anew now and then. */
const LITTLE_DISK = 100 * MIB
const SCARCE_DISK = 1024 * MIB
/** LevelDB keeps up to a thousand files open, beside the connections. */
const FEW_FILES = 256
const SCARCE_FILES = 2_048

export async function checkFolder(dataDir: string): Promise<readonly Finding[]> {
  const path = resolve(dataDir)
  const there = await nearest(path)
  if (!(await stat(there)).isDirectory()) {
    const what = `DATA_DIR ${dataDir} is no folder, and cannot become one: ${there} is a file`
    return [wrong('folder', what, 'Set DATA_DIR to a folder, or to where one can be made.')]
  }
  if (!(await isWritable(there))) {
    const what = `DATA_DIR ${dataDir} cannot be written: this user has no right to ${there}`
    const give = `chown it to this user and chmod 700 ${path}`
    const remedy =
      there === path ? `As its owner, or as root: ${give}.` : `As root: mkdir -p ${path}, ${give}.`
    return [wrong('folder', what, remedy)]
  }
  // /proc and its like let root write, and take no files.
  if (there !== path && (await statfs(there)).blocks === 0) {
    const what = `DATA_DIR ${dataDir} cannot be made: ${there} is of a file system that stores nothing`
    return [wrong('folder', what, 'Set DATA_DIR to a folder on a disk.')]
  }
  const mode = await laxMode(dataDir)
  if (mode !== undefined) {
    const what = `others than its owner have rights in DATA_DIR ${dataDir} (mode ${mode}), which says what the source holds`
    return [warning('folder', what, `chmod 700 ${dataDir}`)]
  }
  return [ok('folder', `DATA_DIR ${dataDir} can be written, and nobody else may look into it`)]
}

export async function checkDisk(dataDir: string): Promise<readonly Finding[]> {
  const { bavail, bsize } = await statfs(await nearest(resolve(dataDir)))
  return [judgeDisk(bavail * bsize, dataDir)]
}

/** @param free bytes */
export function judgeDisk(free: number, dataDir: string): Finding {
  const what = `the disk of DATA_DIR ${dataDir} has ${Math.floor(free / MIB)} MiB left`
  const remedy = 'Make room, or move DATA_DIR: once it is full, nothing is published.'
  if (free < LITTLE_DISK) return wrong('disk', what, remedy)
  return free < SCARCE_DISK ? warning('disk', what, remedy) : ok('disk', what)
}

/** Nothing where the system does not tell. */
export async function checkOpenFiles(): Promise<readonly Finding[]> {
  try {
    const text = await readFile('/proc/self/limits', 'utf8')
    const limit = /^Max open files +(\d+|unlimited)/m.exec(text)?.[1]
    return limit === undefined ? [] : [judgeOpenFiles(limit === 'unlimited' ? Infinity : Number(limit))]
  } catch {
    return []
  }
}

/** @param limit of this process */
export function judgeOpenFiles(limit: number): Finding {
  const what = `this process may have ${limit === Infinity ? 'any number of' : limit} files open`
  const remedy = 'Raise it: ulimit -n 65536, or LimitNOFILE= of the systemd unit.'
  if (limit < FEW_FILES) return wrong('limits', what, remedy)
  return limit < SCARCE_FILES ? warning('limits', what, remedy) : ok('limits', what)
}

export function checkHttp({ host, adminToken }: Settings['http']): readonly Finding[] {
  if (isLoopback(host) || adminToken !== null) return []
  const what = `HTTP_HOST=${host} is no loopback address, and there is no ADMIN_TOKEN: /status, the page's data and all actions are refused`
  return [warning('http', what, 'Set ADMIN_TOKEN_FILE to a file with 16 characters or more.')]
}

/** The path, or what is there of those above it: a file, perhaps. */
async function nearest(path: string): Promise<string> {
  try {
    await access(path, constants.F_OK)
    return path
  } catch (error) {
    const above = dirname(path)
    if (!NOT_THERE.has(errorCode(error) ?? '') || above === path) return path
    return await nearest(above)
  }
}

/** `ENOTDIR`: what is above it is a file. */
const NOT_THERE = new Set(['ENOENT', 'ENOTDIR'])

async function isWritable(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}
