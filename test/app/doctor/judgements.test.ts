import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { checkFolder, checkHttp, judgeDisk, judgeOpenFiles } from '../../../src/app/doctor/check-machine.ts'
import { lackOf } from '../../../src/app/doctor/check-rights.ts'
import { judgeClock } from '../../../src/app/doctor/check-source.ts'
import { judgeMissing, judgeRetention } from '../../../src/app/doctor/check-topics.ts'
import { describeFindings } from '../../../src/app/doctor/describe-findings.ts'
import { failed } from '../../../src/app/doctor/finding.ts'
import { ofAllFeeds } from '../../../src/app/doctor/findings-of-feeds.ts'
import { look } from '../../../src/app/doctor/look.ts'
import { remedyFor } from '../../../src/app/doctor/remedies.ts'
import { instant } from '../../../src/domain/instant.ts'
import { topicFaults } from '../../../src/feed/topic-specs.ts'
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

const EXPECTED = { create: true, isFilled: true, data: ['spark.listings'], rows: ['spark.listings-rows'] }

test('of a topic that is gone it says what is lost with it, and what fills it', () => {
  const missing = ['spark.listings', 'spark.listings-rows', 'spark.control', 'spark.holds']
  const remedies = judgeMissing(missing, EXPECTED).map(({ remedy }) => remedy ?? '')
  expect(remedies[0]).toContain('snapshot --restart')
  expect(remedies[1]).toContain('filled from the events')
  expect(remedies[2]).toContain('Only its history')
  expect(remedies[3]).toContain('the next purge')
  expect(judgeMissing(missing, { ...EXPECTED, isFilled: false })).toMatchObject([{ state: 'ok' }])
})

test('a topic has all its faults told, each with its own remedy', () => {
  const spec = { name: 'spark.control', partitions: 1, configs: { 'cleanup.policy': 'delete' } }
  const configs = { 'cleanup.policy': 'compact', 'min.insync.replicas': '3' }
  const faults = topicFaults(spec, { name: spec.name, partitions: 4, replicationFactor: 1, configs })
  const findings = faults.map((fault) => failed('topics', fault))
  expect(findings.map(({ what }) => what)).toEqual([
    'TOPIC_MISCONFIGURED: Topic spark.control has cleanup.policy=compact, but must have delete.',
    'TOPIC_MISCONFIGURED: Topic spark.control has 4 partitions, but its order needs exactly one.',
    expect.stringContaining('min.insync.replicas=3'),
  ])
  expect(findings[1]?.remedy).toContain('delete the topic')
  expect(findings[1]?.remedy).not.toContain('kafka-configs')
})

test('of several feeds, what all have is told once, and what one has with its name', () => {
  const shared = { check: 'limits', state: 'ok', what: 'enough files', remedy: null } as const
  const refused = {
    check: 'token',
    state: 'wrong',
    what: 'refused',
    remedy: 'Renew it: "listingstream status".',
  } as const
  const taken = { check: 'token', state: 'ok', what: 'taken', remedy: null } as const
  const all = ofAllFeeds(
    ['east', 'west'],
    [
      [shared, taken],
      [refused, shared],
    ],
  )
  expect(all).toEqual([
    shared,
    { ...taken, feed: 'east' },
    { ...refused, remedy: 'Renew it: "listingstream status --feed west".', feed: 'west' },
  ])
  expect(describeFindings(all)).toContain('WRONG   token       west: refused')
})
