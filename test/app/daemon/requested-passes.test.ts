import { expect, test } from 'vitest'

import { RequestedPasses, type RequestedRun } from '../../../src/app/daemon/requested-passes.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { SerialQueue } from '../../../src/support/serial-queue.ts'

const PURGE = { resource: LISTINGS.name, pass: 'purge' } as const
const never = new AbortController().signal

/** A feed whose passes take until they are released. */
function desk() {
  const requests = new RequestedPasses()
  const queue = new SerialQueue()
  const begun: string[] = []
  const running = new Map<string, PromiseWithResolvers<string>>()
  const ask = (
    name: string,
    gone: AbortSignal = never,
    wanted: Parameters<RequestedPasses['run']>[0] = PURGE,
  ): Promise<string> => {
    const end = Promise.withResolvers<string>()
    running.set(name, end)
    return requests.run(wanted, { signal: never, gone }, ({ signal, onBegin }: RequestedRun) =>
      queue.run(async () => {
        onBegin()
        begun.push(name)
        return end.promise
      }, signal),
    )
  }
  return { ask, begun, end: (name: string) => running.get(name)?.resolve(`${name} done`) }
}

test('one of a kind waits, the next is told so; another kind may wait, and one more when the turn has come', async () => {
  const { ask, begun, end } = desk()
  const first = ask('first')
  await expect.poll(() => begun).toEqual(['first'])
  const second = ask('second')
  for (let i = 0; i < 300; i += 1) {
    await expect(ask(`more ${i}`)).rejects.toMatchObject({ code: 'PASS_WAITING', retryable: true })
  }
  const update = ask('update', never, { ...PURGE, pass: 'update' })
  end('first')
  await expect.poll(() => begun).toEqual(['first', 'second'])
  const third = ask('third')
  for (const name of ['second', 'update', 'third']) end(name)
  expect(await Promise.all([first, second, update, third])).toEqual([
    'first done',
    'second done',
    'update done',
    'third done',
  ])
})

test('a pass whose requester goes before it begins never begins, and leaves its place at once', async () => {
  const { ask, begun, end } = desk()
  const first = ask('first')
  await expect.poll(() => begun).toEqual(['first'])
  const requester = new AbortController()
  const second = ask('second', requester.signal)
  requester.abort(new Error('gone'))
  await expect(second).rejects.toThrow('gone')
  const third = ask('third')
  for (const name of ['first', 'second', 'third']) end(name)
  await Promise.all([first, third])
  expect(begun).toEqual(['first', 'third'])
})

test('a pass that has begun goes on without its requester', async () => {
  const { ask, begun, end } = desk()
  const requester = new AbortController()
  const first = ask('first', requester.signal)
  await expect.poll(() => begun).toEqual(['first'])
  requester.abort(new Error('gone'))
  end('first')
  expect(await first).toBe('first done')
})
