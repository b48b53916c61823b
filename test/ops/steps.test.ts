import { expect, test } from 'vitest'

import { plainSteps } from '../../src/ops/steps.ts'

test('a step tells when it begins, and how it ended', async () => {
  const lines: string[] = []
  const steps = plainSteps((line) => lines.push(line))
  let said = ''
  const work = (): Promise<number> => {
    said = '3 requests'
    return Promise.resolve(5)
  }
  await expect(steps.step('Purge', work, () => said)).resolves.toBe(5)
  await steps.step('Two', work, () => 'one line\nanother')
  await expect(steps.step('Update', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(lines.map((line) => line.replace(/\d+\.\d s/, 'n s'))).toEqual([
    '… Purge',
    '✔ Purge (n s) 3 requests',
    '… Two',
    '✔ Two (n s)\n    one line\n    another',
    '… Update',
    '✖ Update (n s)',
  ])
})
