import { describe, expect, test } from 'vitest'
import { recordKey } from '../../src/domain/record-key.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { askFates, findEach, findListed, judgeListAnswer } from '../../src/replication/questions.ts'
import { keyRecord, ScriptedSource, SERVER_TIME, sourceRecord } from '../fixtures/scripted-source.ts'

const { signal } = new AbortController()
const keys = ['1', '2'].map(recordKey)
const witness = recordKey('w')

function answered(...shown: string[]) {
  return {
    kind: 'answered' as const,
    request: 4,
    serverDate: SERVER_TIME,
    receivedAt: SERVER_TIME,
    records: shown.map(keyRecord),
  }
}

describe('what a list answer proves (R9 b)', () => {
  test('the keys that it leaves out are gone, by the request that asked', () => {
    expect(judgeListAnswer(answered('2', 'w'), keys, witness)).toEqual(
      new Map<string, unknown>([
        [
          '1',
          {
            kind: 'gone',
            evidence: 'LIST_QUERY',
            request: 4,
            serverDate: SERVER_TIME,
            receivedAt: SERVER_TIME,
          },
        ],
        ['2', { kind: 'present' }],
      ]),
    )
  })
  test('nothing without the witness, even if it shows none of the keys', () => {
    expect(judgeListAnswer(answered(), keys, witness)).toBeUndefined()
    expect(judgeListAnswer(answered('2'), keys, witness)).toBeUndefined()
  })
  test('nothing with a key that nobody asked for: the filter was not applied', () => {
    expect(judgeListAnswer(answered('2', 'w', '9'), keys, witness)).toBeUndefined()
  })
  test('nothing if the filter was refused', () => {
    expect(judgeListAnswer({ kind: 'refused', why: 'no' }, keys, witness)).toBeUndefined()
  })
})

describe('asking whether keys are gone (R9 b)', () => {
  test('takes one question with the witness in it', async () => {
    const source = new ScriptedSource({ records: [sourceRecord('w'), sourceRecord('2')] })
    const fates = await askFates(source, LISTINGS, keys, witness, signal)
    expect([...fates].map(([key, { kind }]) => [key, kind])).toEqual([
      ['1', 'gone'],
      ['2', 'present'],
    ])
    expect(source.asked).toEqual([
      { kind: 'findByKeys', keys: [...keys, witness], select: 'keys', within: 'source' },
    ])
  })

  test.each([
    ['refused', () => 'refused' as const],
    ['spoiled', () => 'spoiled' as const],
    ['missing the witness', () => []],
    ['of other keys', () => [keyRecord('w'), keyRecord('9')]],
  ])('one by one if the answer is %s', async (_, findByKeys) => {
    const source = new ScriptedSource({ records: [sourceRecord('w'), sourceRecord('2')], findByKeys })
    const fates = await askFates(source, LISTINGS, keys, witness, signal)
    expect([...fates.values()]).toMatchObject([{ kind: 'gone', evidence: 'HTTP_404' }, { kind: 'present' }])
    expect(source.asked.slice(1)).toEqual([...keys, witness].map((key) => ({ kind: 'findOne', key })))
  })

  test('one by one, nothing is gone if the witness is gone, too: whoever asks may see less (R8)', async () => {
    const source = new ScriptedSource({ records: [sourceRecord('2')], findByKeys: () => [] })
    const asking = askFates(source, LISTINGS, keys, witness, signal)
    await expect(asking).rejects.toMatchObject({ code: 'SWEEP_WITNESS_LOST', doubt: 'witness_lost' })
  })

  test('one by one, nothing is proved if the source does not say whether it still has the witness', async () => {
    const findOne = (key: string) => (key === witness ? ('inconclusive' as const) : undefined)
    const source = new ScriptedSource({ records: [sourceRecord('2')], findByKeys: () => 'refused', findOne })
    const fates = await askFates(source, LISTINGS, keys, witness, signal)
    expect([...fates.values()]).toEqual([{ kind: 'inconclusive' }, { kind: 'present' }])
  })

  test('one by one, the witness is not asked for where nothing is gone', async () => {
    const records = keys.map((key) => sourceRecord(key))
    const source = new ScriptedSource({ records, findByKeys: () => 'refused' })
    await askFates(source, LISTINGS, keys, witness, signal)
    expect(source.asked.slice(1)).toEqual(keys.map((key) => ({ kind: 'findOne', key })))
  })

  test('one by one if there is no witness', async () => {
    const source = new ScriptedSource({})
    await askFates(source, LISTINGS, keys, undefined, signal)
    expect(source.asked.map(({ kind }) => kind)).toEqual(['findOne', 'findOne'])
  })

  test('a 403 for one key says nothing about it, and nothing about the others', async () => {
    const source = new ScriptedSource({ findOne: (key) => (key === '1' ? 'inconclusive' : undefined) })
    const fates = await askFates(source, LISTINGS, keys, undefined, signal)
    expect([...fates.values()].map(({ kind }) => kind)).toEqual(['inconclusive', 'gone'])
  })

  test('any other failure is not read as absence (R8)', async () => {
    const outage = new Error('outage')
    const list = new ScriptedSource({ findByKeys: () => outage })
    await expect(askFates(list, LISTINGS, keys, witness, signal)).rejects.toBe(outage)
    const single = new ScriptedSource({ findOne: () => outage })
    await expect(askFates(single, LISTINGS, keys, undefined, signal)).rejects.toBe(outage)
  })
})

describe('records by key', () => {
  test('come in one answer', async () => {
    const source = new ScriptedSource({ records: keys.map((key) => sourceRecord(key)) })
    const found = await findListed(source, LISTINGS, keys, signal)
    expect(found).toMatchObject({ request: 1, records: [{ key: '1' }, { key: '2' }] })
    expect(source.asked).toMatchObject([{ select: 'everything' }])
  })
  test.each([
    ['the filter is refused', () => 'refused' as const, 'refused'],
    ['the answer holds what was not asked for', () => [sourceRecord('9')], 'refused'],
    ['one of them spoils it', () => 'spoiled' as const, 'spoiled'],
  ])('are none by a list if %s', async (_, findByKeys, why) => {
    const source = new ScriptedSource({ records: [sourceRecord('2')], findByKeys })
    expect(await findListed(source, LISTINGS, keys, signal)).toBe(why)
  })
  test('are asked for one by one, those gone left out', async () => {
    const source = new ScriptedSource({ records: [sourceRecord('2')] })
    const found = await Array.fromAsync(findEach(source, LISTINGS, keys, signal))
    expect(found).toMatchObject([{ request: 2, records: [{ key: '2' }] }])
  })
})
