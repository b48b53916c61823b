import { spawnSync } from 'node:child_process'
import { platform } from 'node:os'

import { describe, expect, test } from 'vitest'

import { requireFree } from '../../../src/app/compose/ownership.ts'
import { instant } from '../../../src/domain/instant.ts'
import type { CheckpointLog } from '../../../src/feed/checkpoint-log.ts'
import type { Owner } from '../../../src/feed/state-records.ts'

const UPDATE_MS = 300_000
const NOW = Date.now()
const SELF = { host: 'host-1', dataDir: '/data', pid: process.pid }
const NOBODY = { anyOwner: false, acceptSource: false }

/** Of an owner of the same host and folder, which was alive just now; the process above this one lives. */
function logOf(over: Partial<Owner>, aliveAt = NOW): Pick<CheckpointLog, 'owner' | 'ownerAliveAt'> {
  const source = { host: 'replication.example', userId: 'user-1', mlsId: 'mls-1' }
  const owner: Owner = {
    ...SELF,
    pid: process.ppid,
    instanceId: 'one',
    startedAt: instant(NOW),
    aliveAt: instant(aliveAt),
    version: '1.0.0',
    generation: 1,
    seq: 0,
    source,
    clusterId: 'cluster-1',
    ...over,
  }
  return { owner, ownerAliveAt: owner.aliveAt }
}

const take = (log: Pick<CheckpointLog, 'owner' | 'ownerAliveAt'>, anyOwner = false) =>
  requireFree(log, SELF, UPDATE_MS, NOW, { ...NOBODY, anyOwner })

describe('a feed whose owner works with the same folder on the same host', () => {
  test('is not taken while its process lives, as when the folder was deleted under it, and its lock with it', () => {
    expect(() => take(logOf({}))).toThrow(
      expect.objectContaining({
        code: 'FEED_OWNED',
        message: expect.stringContaining(`(pid ${process.ppid})`),
      }),
    )
    expect(() => take(logOf({}), true)).not.toThrow()
  })

  test('is free when that process is no more, when it is this one, and when it has been silent', () => {
    const { pid } = spawnSync(process.execPath, ['--version'])
    expect(() => take(logOf({ pid }))).not.toThrow()
    expect(() => take(logOf({ pid: process.pid }))).not.toThrow()
    expect(() => take(logOf({}, NOW - 2 * UPDATE_MS - 1))).not.toThrow()
  })

  test.skipIf(platform() !== 'linux')('is free when another process has its number now', () => {
    expect(() => take(logOf({ startedAt: instant(0) }))).not.toThrow()
  })
})

test('a feed whose owner works elsewhere is not taken while that was alive a moment ago', () => {
  const owned = expect.objectContaining({ code: 'FEED_OWNED' })
  expect(() => take(logOf({ host: 'host-2' }))).toThrow(owned)
  expect(() => take(logOf({ dataDir: '/elsewhere' }))).toThrow(owned)
  expect(() => take(logOf({ host: 'host-2' }, NOW - 2 * UPDATE_MS - 1))).not.toThrow()
})
