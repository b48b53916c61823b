import { spawn } from 'node:child_process'
import { platform } from 'node:os'

import { describe, expect, test } from 'vitest'

import { isProcessAlive, processBeganAt } from '../../src/support/process-alive.ts'

test('this process lives, and one that has ended does not', async () => {
  expect(isProcessAlive(process.pid)).toBe(true)
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
  await new Promise((resolve) => child.once('close', resolve))
  expect(isProcessAlive(child.pid ?? 0)).toBe(false)
})

describe.skipIf(platform() !== 'linux')('by /proc', () => {
  test('a process that has ended, and whose parent does not ask how, lives no more', async () => {
    // The shell gives way to a program that never asks.
    const child = spawn('sh', ['-c', '(exit 0) & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    try {
      const [text] = await new Promise<Buffer[]>((resolve) => {
        child.stdout.once('data', (data: Buffer) => resolve([data]))
      })
      await expect.poll(() => isProcessAlive(Number(String(text)))).toBe(false)
    } finally {
      child.kill('SIGKILL')
    }
  })

  test('a process began when it did', () => {
    const before = Date.now() - process.uptime() * 1_000
    expect(Math.abs((processBeganAt(process.pid) ?? 0) - before)).toBeLessThan(5_000)
    expect(processBeganAt(2 ** 22 + 1)).toBeUndefined()
  })
})
