/** The page about the simulator: its examples run, in their order, against one simulator, and its tables are whole. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { describe, expect, test } from 'vitest'

import { behaviourSchema } from '../../src/simulator/behaviour.ts'
import { foundCollections } from '../../src/simulator/found-collections.ts'
import { faultRuleSchema } from '../../src/simulator/faults.ts'
import { startSimulator } from '../../src/simulator/server/start-simulator.ts'
import { control } from '../simulator/spark-request.ts'
import { blocksOf, examplesOf, isAsShown } from './examples.ts'
import { read } from './repository.ts'

const PAGE = read('docs/simulator.md')
/** For a machine without it. */
const CURL = `curl() { "$NODE" "${join(import.meta.dirname, 'curl.ts')}" "$@"; }`
const run = promisify(execFile)

describe('the page about the simulator', () => {
  test('says what its commands answer', async () => {
    await using server = await startSimulator({ listings: 3000 })
    const { url, simulator } = server
    const { PATH } = process.env
    const env = {
      PATH,
      NODE: process.execPath,
      SPARK_API_URL: url,
      SPARK_ACCESS_TOKEN: simulator.accessToken,
    }
    const [start, ...examples] = examplesOf(PAGE)
    expect(start?.command).toContain('npx listingstream simulate --listings 3000 --rate 0 &')
    expect(examples.length).toBeGreaterThan(15)
    for (const { command, answer } of examples) {
      const { stdout } = await run('sh', ['-c', `${CURL}\n${command}`], { env })
      if (answer?.language !== 'json') expect(stdout.trim(), command).toBe(answer?.text.trim() ?? '')
      else expect(isAsShown(JSON.parse(answer.text), JSON.parse(stdout)), `${command}\n${stdout}`).toBe(true)
    }
  })

  test('has a TypeScript test that passes', async () => {
    const code = blocksOf(PAGE).find(({ text }) => text.includes("'listingstream/simulator'"))?.text ?? ''
    const here = new URL('../../src/simulator/index.ts', import.meta.url).href
    const script = code.replace('listingstream/simulator', here)
    const { stdout } = await run(process.execPath, ['--input-type=module-typescript', '-e', script])
    expect(stdout).toMatch(/^. pass 1$/m)
  })

  test.each([
    ['switch of its behaviour', Object.keys(behaviourSchema.shape)],
    ['kind of fault', faultRuleSchema.shape.fault.options.map(({ shape }) => shape.kind.value)],
  ])('names every %s', (_, names) => {
    expect(names.filter((name) => !PAGE.includes(`\`${name}\``))).toEqual([])
  })

  test('names every change of every collection', async () => {
    await using server = await startSimulator({ listings: 1 })
    for (const { name } of await foundCollections()) {
      const { body } = await control(server, 'POST', `market/${name}`, { action: '?' })
      const { error } = body as { error: string }
      const actions = [...error.matchAll(/"([\w-]+)"/g)].map(([, action]) => action)
      expect(actions.length).toBeGreaterThan(9)
      expect(actions.filter((action) => !PAGE.includes(`\`${action}\``))).toEqual([])
    }
  })
})

describe('an answer is as it is shown', () => {
  test.each([
    [{ a: 1 }, { a: 1 }, true],
    [{ a: 1 }, { a: 2 }, false],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1, '…': '…' }, { a: 1, b: 2 }, true],
    [{ a: '…' }, { a: { b: 2 } }, true],
    [{ a: '…' }, {}, false],
    [[1, '…'], [1, 2, 3], true],
    [[1, '…'], [2], false],
    [[1], [1, 2], false],
  ])('%j for %j: %s', (shown, answer, expected) => {
    expect(isAsShown(shown, answer)).toBe(expected)
  })
})
