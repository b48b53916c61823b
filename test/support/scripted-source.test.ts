import { expect, test } from 'vitest'
import { instant } from '../../src/listing/instant.ts'
import { recordKey } from '../../src/listing/record-key.ts'
import { LISTINGS } from '../../src/listing/resource.ts'
import { keyRecord, ScriptedSource, SERVER_TIME, sourceRecord } from './scripted-source.ts'

const { signal } = new AbortController()
const EVERYTHING = { resource: LISTINGS, filter: '', select: 'everything', token: '' } as const

test('a walk yields its pages with rising requests and tokens that follow one another, and ends with null', async () => {
  const source = new ScriptedSource({
    walks: [
      [
        { records: [sourceRecord('1')] },
        { run: () => (source.now = instant(SERVER_TIME + 1000)) },
        { records: [sourceRecord('2')] },
      ],
      [{ records: [keyRecord('3')], nextToken: 'x' }],
    ],
  })
  const [first, second] = await Array.fromAsync(source.walk(EVERYTHING, signal))
  expect(first).toMatchObject({ request: 1, token: '', serverDate: SERVER_TIME })
  expect(second).toMatchObject({ request: 2, token: first!.nextToken, nextToken: null })
  expect(second!.serverDate).toBe(SERVER_TIME + 1000)
  const [third] = await Array.fromAsync(source.walk({ ...EVERYTHING, token: 't' }, signal))
  expect(third).toMatchObject({ request: 3, token: 't', nextToken: 'x' })
  expect(source.leftOver()).toEqual({ walks: 0, counts: 0 })
  await expect(Array.fromAsync(source.walk(EVERYTHING, signal))).rejects.toThrow('not in the script')
})

test('a walk fails where the script says so, after the pages before', async () => {
  const reset = new Error('connection reset')
  const source = new ScriptedSource({ walks: [[{ records: [sourceRecord('1')] }, { fail: reset }]] })
  const walk = source.walk(EVERYTHING, signal)
  expect((await walk.next()).value?.nextToken).not.toBeNull()
  await expect(walk.next()).rejects.toBe(reset)
})

test('counts come as scripted, questions by key from the records unless scripted otherwise', async () => {
  const [one, two] = [sourceRecord('1'), sourceRecord('2')]
  const forbidden = recordKey('9')
  const source = new ScriptedSource({
    counts: [7, undefined],
    records: [one, two],
    findByKeys: (keys) => (keys.includes(forbidden) ? 'refused' : undefined),
    findOne: (key) => (key === forbidden ? 'inconclusive' : undefined),
  })
  expect(await source.count(LISTINGS, 'f', signal)).toBe(7)
  expect(await source.count(LISTINGS, 'f', signal)).toBeUndefined()
  await expect(source.count(LISTINGS, 'f', signal)).rejects.toThrow('not in the script')
  const gone = recordKey('3')
  expect(await source.findByKeys(LISTINGS, [two.key, gone], 'keys', signal)).toMatchObject({
    kind: 'answered',
    records: [two],
  })
  expect((await source.findByKeys(LISTINGS, [forbidden], 'keys', signal)).kind).toBe('refused')
  expect(await source.findOne(LISTINGS, one.key, signal)).toMatchObject({ kind: 'found', record: one })
  expect((await source.findOne(LISTINGS, gone, signal)).kind).toBe('gone')
  expect((await source.findOne(LISTINGS, forbidden, signal)).kind).toBe('inconclusive')
})

test('an aborted signal ends a walk', async () => {
  const controller = new AbortController()
  const source = new ScriptedSource({ walks: [[{ records: [] }, { records: [] }]] })
  const walk = source.walk(EVERYTHING, controller.signal)
  await walk.next()
  controller.abort(new Error('stop'))
  await expect(walk.next()).rejects.toThrow('stop')
})
