import { expect, test } from 'vitest'

import { ProgramProcess, runProgram } from '../../src/demo/program-process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const NEVER = new AbortController().signal

test('a command that fails is an error with the end of its log; it gets no setting of ours', async () => {
  await using folder = await tempFolder()
  process.env['SPARK_ACCESS_TOKEN'] = 'of-another-feed'
  try {
    const settings = { TOPIC_PREFIX: 'demo-test', LOG_LEVEL: 'warn' }
    const run = runProgram({ args: ['update'], settings, folder: folder.path }, NEVER)
    await expect(run).rejects.toMatchObject({
      code: 'DEMO_COMMAND_FAILED',
      message: expect.stringMatching(/exit code 2[^]*SPARK_ACCESS_TOKEN/),
    })
  } finally {
    delete process.env['SPARK_ACCESS_TOKEN']
  }
})

test('a command that succeeds answers what it wrote', async () => {
  await using folder = await tempFolder()
  await expect(runProgram({ args: ['--help'], settings: {}, folder: folder.path }, NEVER)).resolves.toContain(
    'Usage: listingstream',
  )
})

test('a process that goes on is stopped when it is disposed of', async () => {
  await using folder = await tempFolder()
  const program = await ProgramProcess.start({
    args: ['simulate', '--port', '0', '--listings', '100'],
    settings: {},
    folder: folder.path,
  })
  const stop = new AbortController()
  const waiting = program.requireSuccess(stop.signal)
  stop.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
  await program[Symbol.asyncDispose]()
  await expect(program.exited).resolves.toSatisfy((code) => code === 0 || code === null)
})
