/**
 * Every way in which a purge's walk can be unbelievable, over real HTTP: nothing is deleted, and the marker says why. Each one meets
 * a feed of which two listings are gone, and the next purge deletes these: whatever a bad walk concluded, it would have deleted at
 * least them.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import { SYSTEM_CLOCK } from '../../src/app/compose/system-clock.ts'
import { instant } from '../../src/domain/instant.ts'
import { endsSweep, SWEEP_DOUBTS, type SweepDoubt } from '../../src/domain/sweep-doubt.ts'
import type { Feed } from '../../src/replication/feed.ts'
import { PLAIN_PASS } from '../../src/replication/feed-runner.ts'
import { runPurge } from '../../src/replication/purge.ts'
import { runSnapshot } from '../../src/replication/records-pass.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import type { Fault, FaultRule } from '../../src/simulator/faults.ts'
import { startSimulator, type SimulatorServer } from '../../src/simulator/server/start-simulator.ts'
import { feedIdentity } from '../fixtures/index-entry.ts'
import { assembleFeed, CollectingObserver } from '../fixtures/memory-feed.ts'
import { MemoryKeyIndex } from '../fixtures/memory-key-index.ts'
import { MemoryPublisher } from '../fixtures/memory-publisher.ts'
import { changesOf } from '../fixtures/transaction.ts'
import { httpSource } from '../spark/http-source.ts'

const COUNT = 58
const { signal } = new AbortController()
const owned = new AsyncDisposableStack()
let server: SimulatorServer
/** As the first snapshot left them. */
let topics: MemoryPublisher

interface OpenFeed extends AsyncDisposable {
  readonly feed: Feed
  readonly topics: MemoryPublisher
  readonly observer: CollectingObserver
}

/** A process of its own on those topics. */
async function openFeed(publisher: MemoryPublisher, requestTimeoutMs = 60_000): Promise<OpenFeed> {
  const { simulator, url } = server
  const source = httpSource({
    apiUrl: url,
    accessToken: simulator.accessToken,
    pageLimit: 10,
    requestTimeoutMs,
    retry: { attempts: ATTEMPTS, baseMs: 1, capMs: 1 },
  })
  const index = new MemoryKeyIndex()
  await publisher.rebuild(index, feedIdentity(), instant(Date.now()))
  const observer = new CollectingObserver()
  const identity = { host: new URL(url).host, userId: simulator.user.id, mlsId: simulator.dataShare[0]!.id }
  const parts = { source, publisher, index, topics: publisher, clock: SYSTEM_CLOCK, observer }
  const feed = assembleFeed({ ...parts, over: { identity } })
  return { feed, topics: publisher, observer, [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() }
}

beforeAll(async () => {
  server = owned.use(await startSimulator({ listings: COUNT, seed: 61 }))
  topics = new MemoryPublisher()
  await using opened = await openFeed(topics)
  await runSnapshot(opened.feed, LISTINGS, signal)
  server.simulator.listings.apply({ action: 'remove', count: 2 })
})
afterEach(() => server.simulator.faults.clear())
afterAll(() => owned.disposeAsync())

/** Of one request. */
const ATTEMPTS = 2

/** Six pages, and an empty one that ends the walk. */
const PAGES = [1, 2, 3, 4, 5, 6, 7]
const SYSTEM = { path: '/v1/system' } as const
const LIST = { path: '/v1/listings' } as const
const WALK = { ...LIST, query: { _select: '*', _skiptoken: '*' } } as const
const COUNTED = { ...LIST, query: { _pagination: 'count' } } as const
const BY_KEYS = { ...LIST, query: { _select: 'ListingKey', _skiptoken: null, _pagination: null } } as const
const BY_ID = { path: '/v1/listings/{Id}' } as const

type Place = Pick<FaultRule, 'path' | 'query' | 'nth'>

const BEFORE: readonly [string, Place] = ['before the walk', SYSTEM]
const BEHIND: readonly [string, Place] = ['after the questions', { ...SYSTEM, nth: 2 }]
const AT_COUNT: readonly [string, Place] = ['at the count', COUNTED]
const AT_QUESTION: readonly [string, Place] = ['at the question by key', BY_KEYS]
const PLACES: readonly (readonly [string, Place])[] = [
  BEFORE,
  ...PAGES.map((nth) => [`at page ${nth}`, { ...WALK, nth }] as const),
  AT_COUNT,
  AT_QUESTION,
  BEHIND,
]
const AT_SOME_PAGES = PLACES.filter(([name]) => /page [147]/.test(name))

type BadWalk = readonly [name: string, doubt: SweepDoubt, ...rules: readonly FaultRule[]]

/** At each of these places. */
function each(
  name: string,
  doubt: SweepDoubt,
  fault: Fault,
  places: readonly (readonly [string, Place])[] = PLACES,
): readonly BadWalk[] {
  return places.map(([where, place]) => [`${name} ${where}`, doubt, { ...place, fault, times: ATTEMPTS }])
}

const status = (http: number, code?: number): Fault => ({
  kind: 'status',
  status: http,
  message: 'Simulated failure',
  ...(code === undefined ? {} : { code }),
})
const answer = (d: object): Fault => ({ kind: 'answer', status: 200, json: JSON.stringify({ D: d }) })
const user = (Id: string, MlsId: string): Fault => answer({ Success: true, Results: [{ Id, MlsId }] })
const onPage = (nth: number, fault: Fault): FaultRule => ({ ...WALK, nth, fault })
const falseEnd = (token: 'absent' | 'null' | 'empty' | 'same'): Fault => ({ kind: 'false-end', token })
const lost = (rows: number): Fault => ({ kind: 'lost-rows', rows })
const onAll = (fault: Fault, nth = 1): FaultRule => ({ ...WALK, nth, times: null, fault })

const REFUSED: readonly BadWalk[] = [
  ...each('401', 'unauthorized', status(401)),
  ...each('403', 'forbidden', status(403)),
  ...each('1015', 'account_inactive', status(403, 1015)),
  ...each('1024', 'not_in_sync', status(503, 1024)),
  ...each('1500', 'not_permitted', status(403, 1500)),
  ...each('1500 with HTTP 200', 'not_permitted', { kind: 'envelope-failure', code: 1500 }, AT_SOME_PAGES),
  ...each('1020', 'session_expired', status(401, 1020), AT_SOME_PAGES),
  ...each('1010', 'key_disabled', status(401, 1010), AT_SOME_PAGES),
  ...each('1019', 'key_restricted', status(403, 1019), AT_SOME_PAGES),
  ...each('1021', 'wrong_endpoint', status(403, 1021), AT_SOME_PAGES),
  ...each('404', 'not_found', status(404, 404), AT_SOME_PAGES.slice(0, 1)),
  ...each('1040', 'filter_refused', status(400, 1040), AT_SOME_PAGES.slice(0, 1)),
  ...each('1053', 'parameter_refused', status(400, 1053), AT_SOME_PAGES.slice(0, 1)),
  ...each('405', 'method_refused', status(405, 1017), AT_SOME_PAGES),
  ...each('a code that nobody knows', 'refused', status(409, 7777), AT_SOME_PAGES),
  [
    'each token refused',
    'token_refused',
    { ...LIST, query: { _skiptoken: '*' }, times: null, fault: { kind: 'refused-token', code: 1053 } },
  ],
]

const UNANSWERED: readonly BadWalk[] = [
  ...each('a cut page', 'cut_answer', { kind: 'cut', at: 0.5 }, [...AT_SOME_PAGES, AT_COUNT, AT_QUESTION]),
  ...each('a page that is no JSON', 'not_json', { kind: 'non-json' }, [...AT_SOME_PAGES, AT_QUESTION]),
  ...each('a page of a gateway', 'not_json', { kind: 'html', status: 200 }, AT_SOME_PAGES),
  ...each('502 of a gateway', 'unavailable', { kind: 'html', status: 502 }, AT_SOME_PAGES),
  ...each('Success false without a code', 'failed_without_code', { kind: 'envelope-failure' }),
  ...each('a reset connection', 'no_connection', { kind: 'reset' }, AT_SOME_PAGES),
  ...each('no answer', 'timeout', { kind: 'hang' }, AT_SOME_PAGES.slice(1, 2)),
  ...each('a page without Results', 'no_results', answer({ Success: true }), [...AT_SOME_PAGES, AT_QUESTION]),
  ...each('a page without Success', 'wrong_form', answer({ Results: [] }), AT_SOME_PAGES),
  ...each('a count without a total', 'no_total', answer({ Success: true, Pagination: {} }), [AT_COUNT]),
  ...each('a system that names nobody', 'no_identity', answer({ Success: true, Results: [{}] }), [
    BEFORE,
    BEHIND,
  ]),
  ...each('the rate', 'rate_limited', status(429, 1550), AT_SOME_PAGES),
  ...each('1510', 'unavailable', status(503, 1510), AT_SOME_PAGES),
  ...each('1515', 'too_slow', status(503, 1515), AT_SOME_PAGES),
  ...each('1516', 'filter_too_slow', status(503, 1516), AT_SOME_PAGES),
  ...each('1026', 'data_failed', status(500, 1026), AT_SOME_PAGES),
]

const MISLEADING: readonly BadWalk[] = [
  ...each('SparkQLErrors', 'sparkql_errors', { kind: 'sparkql-errors', token: 'X', status: 'Dropped' }, [
    ...AT_SOME_PAGES.slice(0, 1),
    AT_COUNT,
  ]),
  ...[1, 2, 3, 4, 5, 6].map((page): BadWalk => [
    `a row lost on page ${page}`,
    'short_count',
    onPage(page, lost(1)),
  ]),
  ['nearly a whole page lost', 'short_count', onPage(3, lost(9))],
  ['an end without a token', 'short_count', onPage(2, falseEnd('absent'))],
  ['an end with the token null', 'short_count', onPage(5, falseEnd('null'))],
  ['an end with an empty token', 'short_count', onPage(1, falseEnd('empty'))],
  ['the token repeated on page 2', 'repeated_token', onPage(2, falseEnd('same'))],
  ['the token repeated on page 5', 'repeated_token', onPage(5, falseEnd('same'))],
  [
    'nothing on the first page, and no next one',
    'empty_walk',
    onPage(1, answer({ Success: true, Results: [] })),
  ],
  ['empty pages from the first on', 'empty_pages', onAll({ kind: 'empty-page' })],
  ['empty pages from the middle on', 'empty_pages', onAll({ kind: 'empty-page' }, 4)],
  ['the first page again and again', 'repeated_pages', onAll({ kind: 'repeated-page' }, 3)],
  ['a circle of two tokens', 'token_circle', onAll({ kind: 'token-circle' }, 3)],
  [
    'a count that is above what is there',
    'short_count',
    { ...COUNTED, fault: { kind: 'wrong-count', by: 1 } },
  ],
  [
    'a count of far less than was shown',
    'shrunken_count',
    { ...COUNTED, fault: { kind: 'wrong-count', by: -20 } },
  ],
  [
    'a refused count, and a false end that is another one when asked again',
    'end_not_repeated',
    { ...COUNTED, fault: { kind: 'refused-count' } },
    onPage(3, falseEnd('absent')),
  ],
  ['no Date on the first page', 'clock', onPage(1, { kind: 'no-date' })],
  ['a Date of another day', 'clock', onPage(1, { kind: 'wrong-date', skewMs: 86_400_000 })],
  ...[BEFORE, BEHIND].flatMap(([where, place]): readonly BadWalk[] => [
    [
      `another user ${where}`,
      'identity_changed',
      { ...place, fault: user('other', '20990101000000000000000000') },
    ],
    [`no replication any more ${where}`, 'forbidden', { ...place, fault: status(403) }],
  ]),
  [
    'a view that is lost after the walk: neither list nor address shows what was there',
    'witness_lost',
    { ...BY_KEYS, fault: answer({ Success: true, Results: [] }) },
    { ...BY_ID, times: null, fault: status(404, 404) },
  ],
]

const MIXED: readonly BadWalk[] = [
  [
    'a reordered page, and a row lost on another',
    'short_count',
    onPage(2, { kind: 'reordered-page' }),
    onPage(4, lost(1)),
  ],
  [
    'a repeated row on one page, and a row lost on another',
    'short_count',
    onPage(2, { kind: 'duplicate-row' }),
    onPage(4, lost(1)),
  ],
  [
    'an empty page, and a false end',
    'short_count',
    onPage(2, { kind: 'empty-page' }),
    onPage(4, falseEnd('null')),
  ],
  [
    'a short page, and the token repeated',
    'repeated_token',
    onPage(2, { kind: 'short-page', rows: 3 }),
    onPage(5, falseEnd('same')),
  ],
  [
    'a cut page that is whole the second time, and a row lost',
    'short_count',
    onPage(2, { kind: 'cut', at: 0.3 }),
    onPage(5, lost(2)),
  ],
  [
    'a repeated page, and 1500',
    'not_permitted',
    onPage(3, { kind: 'repeated-page' }),
    onPage(5, status(403, 1500)),
  ],
  [
    'a row lost, and another user behind it',
    'short_count',
    onPage(3, lost(1)),
    { ...SYSTEM, nth: 2, fault: user('other', 'other') },
  ],
]

const ALL: readonly BadWalk[] = [...REFUSED, ...UNANSWERED, ...MISLEADING, ...MIXED]
const CASES = ALL.map(([name, doubt, ...rules]) => ({ name, doubt, rules }))

describe('a purge whose walk cannot be believed deletes nothing, and says why (R7, R8, R9)', () => {
  test.each(CASES)('$name: $doubt', async ({ doubt, rules }) => {
    const { faults } = server.simulator
    await using opened = await openFeed(topics.copy(), doubt === 'timeout' ? 300 : undefined)
    const { feed, observer } = opened
    const before = opened.topics.transactions.length
    faults.add(...rules)
    await expect(runPurge(feed, LISTINGS, PLAIN_PASS, signal)).rejects.toMatchObject({ doubt })
    const said = opened.topics.transactions.slice(before).map(({ request }) => request)
    expect(said.flatMap(changesOf)).toEqual([])
    expect(said.flatMap(({ markers }) => markers).map(({ event }) => event)).toEqual(['started', 'failed'])
    const last = feed.state.lastPass(LISTINGS.name, 'purge')
    const goesOn = last?.page !== 0 && !endsSweep(doubt)
    expect(last).toMatchObject({ state: goesOn ? 'running' : 'failed', sweepDoubt: doubt })
    expect(observer.sweeps).toMatchObject([{ verdict: 'inconclusive', doubt }])

    faults.clear()
    expect(await runPurge(feed, LISTINGS, PLAIN_PASS, signal)).toMatchObject({
      gone: 2,
      progress: {
        state: 'completed',
        sweepDoubt: null,
        deletes: { emitted: 2, refuted: 0, inconclusive: 0 },
      },
    })
  })

  test('there are at least 40 of them, none by the same name', () => {
    expect(new Set(ALL.map(([name]) => name)).size).toBe(ALL.length)
    expect(ALL.length).toBeGreaterThanOrEqual(40)
  })

  test('each reason has its walk, but those that only a changed token or a broken row leads to', () => {
    const met = new Set(ALL.map(([, doubt]) => doubt))
    expect(SWEEP_DOUBTS.filter((doubt) => !met.has(doubt))).toEqual([
      'user_changed',
      'unreadable_rows',
      'too_large',
    ])
  })
})

test.each<readonly [string, FaultRule]>([
  ['reordered on each page', onAll({ kind: 'reordered-page' })],
  ['repeated by a row', onPage(2, { kind: 'duplicate-row' })],
  ['repeated by a page', onPage(3, { kind: 'repeated-page' })],
  ['short in the middle', onPage(3, { kind: 'short-page', rows: 2 })],
  ['empty in the middle once', onPage(4, { kind: 'empty-page' })],
  ['cut once', onPage(4, { kind: 'cut', at: 0.5 })],
])('a walk that is %s, but shows all, is a proof like any other (R7)', async (_, rule) => {
  await using opened = await openFeed(topics.copy())
  server.simulator.faults.add(rule)
  expect(await runPurge(opened.feed, LISTINGS, PLAIN_PASS, signal)).toMatchObject({ gone: 2 })
  expect(opened.topics.changes().filter(({ kind }) => kind === 'deletion')).toHaveLength(2)
})
