import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'

import { clusterOf } from '../../src/stack/kafka-cluster.ts'
import { readState, removeState, writeState } from '../../src/stack/stack-state.ts'
import type { StackState } from '../../src/stack/stack-state.ts'
import { stackDown, stackStatus } from '../../src/stack/stack.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const signal = AbortSignal.timeout(10_000)

const state: StackState = {
  engine: 'jvm',
  nodes: [{ id: 1, port: 1, controllerPort: 2 }],
  registryPort: 3,
  processes: { 'kafka-1': { pid: 2 ** 22 - 1, startedAt: 'never' } },
}

test('what was started is read back as it was written, until it is removed', async () => {
  await using folder = await tempFolder()
  expect(await readState(folder.path)).toBeUndefined()
  await writeState(folder.path, state)
  expect(await readState(folder.path)).toEqual(state)
  await removeState(folder.path)
  expect(await readState(folder.path)).toBeUndefined()
})

test.each(['{"engine":"jvm"', '{"engine":"jvm","processes":{}}', ''])(
  'a state that cannot be read stops down and status instead of passing for "nothing runs": %s',
  async (text) => {
    await using folder = await tempFolder()
    await writeFile(join(folder.path, 'stack.json'), text)
    const unreadable = { code: 'STACK_STATE_UNREADABLE' }
    await expect(stackDown({ folder: folder.path }, signal)).rejects.toMatchObject(unreadable)
    await expect(stackStatus({ folder: folder.path }, signal)).rejects.toMatchObject(unreadable)
  },
)

test('a stack whose processes are gone is down, and down forgets it', async () => {
  await using folder = await tempFolder()
  await writeState(folder.path, state)
  const status = await stackStatus({ folder: folder.path }, signal)
  expect(status).toMatchObject({
    state: 'down',
    services: [
      { name: 'kafka-1', running: false, answers: false },
      { name: 'registry', running: false, answers: false },
    ],
  })
  await stackDown({ folder: folder.path }, signal)
  expect(await readState(folder.path)).toBeUndefined()
})

test('a cluster keeps its id, and refuses another number of brokers', async () => {
  await using folder = await tempFolder()
  const cluster = await clusterOf(folder.path, 1)
  expect(cluster.id).toMatch(/^[\w-]{22}$/)
  expect(Buffer.from(cluster.id, 'base64url')).toHaveLength(16)
  expect(await clusterOf(folder.path, 1)).toEqual(cluster)
  await expect(clusterOf(folder.path, 3)).rejects.toThrow(/cluster of 1 broker\(s\), not 3/)
})
