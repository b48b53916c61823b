import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { readFile, watch } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'

import { isRunning, startDetached, stopDetached } from '../../src/stack/detached-process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const signal = AbortSignal.timeout(30_000)
const waiting = 'console.log("ready"); setInterval(() => {}, 1000)'
const stubborn = `process.on("SIGTERM", () => {}); ${waiting}`

async function untilReady(folder: string, logFile: string): Promise<void> {
  const events = watch(folder, { signal })
  if ((await readFile(logFile, 'utf8')).includes('ready')) return
  for await (const _ of events) {
    if ((await readFile(logFile, 'utf8')).includes('ready')) return
  }
}

test('a started process writes to its log, leads a process group of its own, and stops when told', async () => {
  await using folder = await tempFolder()
  const logFile = join(folder.path, 'process.log')
  const child = await startDetached({ file: process.execPath, args: ['-e', waiting], logFile }, signal)
  await untilReady(folder.path, logFile)
  expect(await isRunning(child, signal)).toBe(true)
  // Signal 0 to the group: it exists only under its leader's pid.
  expect(process.kill(-child.pid, 0)).toBe(true)
  await stopDetached(child, 10_000, signal)
  expect(await isRunning(child, signal)).toBe(false)
})

test('a process that does not heed SIGTERM is killed after the grace', async () => {
  await using folder = await tempFolder()
  const logFile = join(folder.path, 'process.log')
  const child = await startDetached({ file: process.execPath, args: ['-e', stubborn], logFile }, signal)
  await untilReady(folder.path, logFile)
  await stopDetached(child, 100, signal)
  expect(await isRunning(child, signal)).toBe(false)
})

test('a pid that now belongs to another process is never signalled', async () => {
  const other = spawn(process.execPath, ['-e', waiting], { stdio: ['ignore', 'pipe', 'ignore'] })
  await once(other.stdout, 'data')
  const pid = other.pid ?? Number.NaN
  const remembered = { pid, startedAt: 'an earlier boot/1' }
  expect(await isRunning(remembered, signal)).toBe(false)
  await stopDetached(remembered, 100, signal)
  expect(other.exitCode).toBeNull()
  expect(other.signalCode).toBeNull()
  other.kill('SIGKILL')
  await once(other, 'exit')
})

test('a program that is not there is an error of its own', async () => {
  await using folder = await tempFolder()
  const command = { file: join(folder.path, 'none'), args: [], logFile: join(folder.path, 'log') }
  await expect(startDetached(command, signal)).rejects.toMatchObject({ code: 'STACK_START_FAILED' })
})
