import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

import { errorCode } from './error-code.ts'

const OWNER_ONLY = 0o700
const ANYBODY_ELSE = 0o077

/** Makes a folder that only its owner may look into, and the folders above it as usual. One that is there stays as it is. */
export async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  try {
    await mkdir(path, { mode: OWNER_ONLY })
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  }
}

/** Its permissions in octal, e.g. `755`, if others than its owner have any; undefined if they have none, or no folder is there. */
export async function laxMode(path: string): Promise<string | undefined> {
  // Windows has no such permissions.
  if (process.platform === 'win32') return undefined
  try {
    const found = await stat(path)
    if (!found.isDirectory()) return undefined
    const { mode } = found
    return (mode & ANYBODY_ELSE) === 0 ? undefined : (mode & 0o777).toString(8)
  } catch {
    return undefined
  }
}
