import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { checkFolder, checkHttp, judgeDisk, judgeOpenFiles } from '../../../src/app/doctor/check-machine.ts'
import { lackOf } from '../../../src/app/doctor/check-rights.ts'
import { judgeClock } from '../../../src/app/doctor/check-source.ts'
import { judgeRetention } from '../../../src/app/doctor/check-topics.ts'
import { describeFindings } from '../../../src/app/doctor/describe-findings.ts'
import { look } from '../../../src/app/doctor/look.ts'
import { remedyFor } from '../../../src/app/doctor/remedies.ts'
import { instant } from '../../../src/domain/instant.ts'
import { ListingstreamError } from '../../../src/support/errors.ts'
import { tempFolder } from '../../fixtures/temp-folder.ts'

const MIB = 1024 * 1024
const OVERLAP = 1_200_000
const NOW = Date.UTC(2026, 4, 2)
const NEVER = new AbortController().signal

test.each([
  [50 * MIB, 'wrong'],
  [500 * MIB, 'warning'],
  [50_000 * MIB, 'ok'],
])('of a disk with %i bytes left it says: %s', (free, state) => {
  expect(judgeDisk(free, './data')).toMatchObject({
    state,
    what: expect.stringContaining(`${free / MIB} MiB`),
  })
})

test.each([
  [200, 'wrong'],
  [1_024, 'warning'],
  [65_536, 'ok'],
  [Infinity, 'ok'],
])('with %d open files it says: %s', (limit, state) => {
  expect(judgeOpenFiles(limit).state).toBe(state)
})

test('a folder that is not there yet is no fault, as long as one above it can be written', async () => {
  await using folder = await tempFolder()
  expect(await checkFolder(`${folder.path}/a/b`)).toMatchObject([{ state: 'ok' }])
})

test('a file, or what can be made nowhere, is no DATA_DIR, and nobody is told to change its rights', async () => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'file')
  await writeFile(file, '')
  for (const dataDir of [file, join(file, 'below')]) {
    const [finding] = await checkFolder(dataDir)
    expect(finding).toMatchObject({
      check: 'folder',
      state: 'wrong',
      what: expect.stringContaining(`${file} is a file`),
    })
    expect(finding?.remedy).toContain('Set DATA_DIR to a folder')
    expect(finding?.remedy).not.toContain('chmod')
  }
})

test.runIf(process.platform === 'linux')('nor is a folder below /proc', async () => {
  expect(await checkFolder('/proc/listingstream')).toMatchObject([{ check: 'folder', state: 'wrong' }])
})

test('a server that is bound to loopback, or has a token, may be asked', () => {
  expect(checkHttp({ host: '127.0.0.1', port: 8080, adminToken: null })).toEqual([])
  expect(checkHttp({ host: '0.0.0.0', port: 8080, adminToken: null })).toMatchObject([{ state: 'warning' }])
})

test.each([
  [1, 'ok'],
  [-1_000, 'ok'],
  [90_000, 'warning'],
  [-90_000, 'warning'],
  [3_700_000, 'wrong'],
])('with the source %i ms ahead of this host it says: %s (R4)', (ahead, state) => {
  const signs = [{ date: instant(NOW + ahead), at: instant(NOW) }]
  expect(judgeClock(signs, OVERLAP)).toMatchObject([{ check: 'clock', state }])
})

test('without an answer there is nothing to say of the clock', () => {
  expect(judgeClock([], OVERLAP)).toEqual([])
})

test('tombstones have to outlast the overlap (R9), in topics that are compacted', () => {
  const topic = (policy: string, retention: string) => ({
    name: 'mls.listings',
    configs: { 'cleanup.policy': policy, 'delete.retention.ms': retention },
  })
  expect(judgeRetention([topic('compact', '60000')], 7_200_000)).toMatchObject([
    { state: 'wrong', remedy: expect.stringContaining('mls.listings') },
  ])
  expect(judgeRetention([topic('compact', '604800000'), topic('delete', '1')], 7_200_000)).toEqual([])
  expect(judgeRetention([{ name: 'mls.listings', configs: {} }], 7_200_000)).toEqual([])
})

test('what a user lacks on a topic is named; of a topic that it may not even describe, everything', () => {
  const all = new Set(['Describe', 'DescribeConfigs', 'Read', 'Write'] as const)
  expect(lackOf('mls.listings', { kind: 'told', operations: all }, 'mls')).toEqual([])
  expect(lackOf('mls.listings', { kind: 'missing' }, 'mls')).toEqual([])
  const some = new Set(['Describe', 'Read'] as const)
  expect(lackOf('mls.listings', { kind: 'told', operations: some }, 'mls')).toMatchObject([
    { state: 'wrong', what: 'the user lacks DescribeConfigs, Write on topic mls.listings' },
  ])
  expect(lackOf('mls.listings', { kind: 'refused' }, 'mls')).toMatchObject([
    {
      remedy: expect.stringContaining(
        'Grant Describe, DescribeConfigs, Read, Write on topics prefixed "mls."',
      ),
    },
  ])
})

test('what a look ends in is a finding with its remedy; a bug is none', async () => {
  const error = new ListingstreamError('gone', { code: 'KAFKA_UNREACHABLE', retryable: true })
  const found = await look('brokers', () => Promise.reject(error), NEVER)
  expect(found).toEqual([
    {
      check: 'brokers',
      state: 'wrong',
      what: 'KAFKA_UNREACHABLE: gone',
      remedy: remedyFor('KAFKA_UNREACHABLE'),
    },
  ])
  await expect(look('brokers', () => Promise.reject(new TypeError('bug')), NEVER)).rejects.toThrow('bug')
  expect(remedyFor('NEVER_HEARD_OF')).toContain('NEVER_HEARD_OF')
})

test('for a person each finding has a line, with what to do below it', () => {
  const findings = [
    { check: 'disk', state: 'ok', what: 'room', remedy: null },
    { check: 'clock', state: 'warning', what: 'slow', remedy: 'Set it.' },
    { check: 'token', state: 'wrong', what: 'refused', remedy: 'Renew it.' },
  ] as const
  expect(describeFindings(findings)).toEqual([
    'ok      disk        room',
    'warning clock       slow',
    '                    -> Set it.',
    'WRONG   token       refused',
    '                    -> Renew it.',
    '1 wrong, 1 to look at, 1 right',
  ])
})
