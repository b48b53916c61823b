/** What Node made of the modules, kept between starts: most of a start is loading them. */
import { mkdirSync, statSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

const OWNER_ONLY = 0o700
const WRITABLE_BY_OTHERS = 0o022

/**
 * Keeps it in `listingstream` under `XDG_CACHE_HOME`, or else under `~/.cache`, unless `NODE_COMPILE_CACHE` or
 * `NODE_DISABLE_COMPILE_CACHE` say otherwise. Node writes it when the process ends, and takes of it only what fits the
 * source and itself (https://nodejs.org/docs/latest-v24.x/api/module.html#module-compile-cache). Where there is no such
 * folder, nothing is kept, and nothing else is different.
 */
export function keepCompiledModules(env: NodeJS.ProcessEnv = process.env): void {
  if (env['NODE_COMPILE_CACHE'] !== undefined) return
  const folder = cacheFolder(env)
  if (folder === undefined || enableCompileCache(folder).directory === undefined) return
  // Threads begin with an environment of their own.
  env['NODE_COMPILE_CACHE'] = folder
}

/** Undefined where it cannot be, or where another user could put code of theirs. */
function cacheFolder(env: NodeJS.ProcessEnv): string | undefined {
  try {
    const caches = cachesOf(env)
    if (caches === undefined) return undefined
    const folder = join(caches, 'listingstream')
    mkdirSync(folder, { recursive: true, mode: OWNER_ONLY })
    const { uid, mode } = statSync(folder)
    const isOurs = process.getuid === undefined || uid === process.getuid()
    return isOurs && (mode & WRITABLE_BY_OTHERS) === 0 ? folder : undefined
  } catch {
    // No home, or a disk that is read only or full.
    return undefined
  }
}

/** Undefined in a home that is not there, as users have one that only services run as. */
function cachesOf(env: NodeJS.ProcessEnv): string | undefined {
  const stated = env['XDG_CACHE_HOME'] ?? ''
  const home = isAbsolute(stated) ? stated : homedir()
  // Throws if it is not there.
  if (!isAbsolute(home) || !statSync(home).isDirectory()) return undefined
  return home === stated ? stated : join(home, '.cache')
}
