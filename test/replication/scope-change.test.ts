import { describe, expect, test } from 'vitest'

import type { PassProgress } from '../../src/domain/pass.ts'
import type { ListedResource } from '../../src/domain/resource.ts'
import { scopeText, WHOLE, type Scope } from '../../src/domain/scope.ts'
import { PLAIN_PASS } from '../../src/replication/feed-runner.ts'
import { runPurge } from '../../src/replication/purge.ts'
import { runSnapshot, runUpdate } from '../../src/replication/records-pass.ts'
import { noticeScope } from '../../src/replication/scope-change.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { MemoryFeed } from '../fixtures/memory-feed.ts'
import { keyRecord, SERVER_TIME, sourceRecord, type SourceScript } from '../fixtures/scripted-source.ts'

const { signal } = new AbortController()

const within = (scope: Partial<Scope>): ListedResource => ({ ...LISTINGS, scope: { ...WHOLE, ...scope } })
const ONE = within({ filter: "MlsId Eq '1'" })
const TWO = within({ filter: "MlsId Eq '1' Or MlsId Eq '2'", expand: 'CustomFieldsRaw' })

const last = ({ feed }: MemoryFeed, pass: PassProgress['pass']) => feed.state.lastPass(LISTINGS.name, pass)
const filters = ({ source }: MemoryFeed) =>
  source.asked.flatMap((question) => ('filter' in question ? [question.filter] : []))

/** Its first snapshot, of these keys, is complete. */
async function filled(resource: ListedResource, ...keys: readonly string[]): Promise<MemoryFeed> {
  const opened = new MemoryFeed({ walks: [[{ records: keys.map((key) => sourceRecord(key)) }]], counts: [0] })
  await runSnapshot(opened.feed, resource, signal)
  return opened
}

/** A process that died at the second page. */
async function interrupted(
  opened: MemoryFeed,
  run: (feed: MemoryFeed) => Promise<unknown>,
  script: SourceScript,
) {
  const cut = opened.restart(script)
  await expect(run(cut)).rejects.toThrow('cut')
  return cut
}
const CUT: SourceScript = { walks: [[{ records: [keyRecord('1')] }, { fail: new Error('cut') }]] }

describe('a scope', () => {
  test('is in every walk, window and count, with parentheses only where its Or would tear them', async () => {
    const opened = await filled(ONE, '1')
    expect(filters(opened)).toEqual([
      "MlsId Eq '1'",
      "MlsId Eq '1' And ModificationTimestamp Lt 2026-05-02T13:40:00Z",
    ])
    const two = opened.restart({ walks: [[{ records: [] }]], counts: [0] })
    await runSnapshot(two.feed, TWO, signal)
    const next = two.restart({
      walks: [[{ records: [sourceRecord('1')] }], [{ records: [keyRecord('1')] }]],
      counts: [1, 1],
    })
    await runUpdate(next.feed, TWO, signal)
    await runPurge(next.feed, TWO, PLAIN_PASS, signal)
    const window = `(${TWO.scope.filter}) And ModificationTimestamp Gt 2026-05-02T13:39:59Z`
    expect(filters(next)).toEqual([
      window,
      `${window} And ModificationTimestamp Lt 2026-05-02T13:40:00Z`,
      TWO.scope.filter,
      TWO.scope.filter,
    ])
  })
})

describe('noticing a change of scope', () => {
  test('there is none before the first snapshot, and none without a change', async () => {
    const fresh = new MemoryFeed({})
    expect(await noticeScope(fresh.feed, ONE, signal)).toBeUndefined()
    const same = (await filled(ONE, '1')).restart({})
    expect(await noticeScope(same.feed, ONE, signal)).toBeUndefined()
    expect(same.committed()).toEqual([])
  })

  test('an upgrade notes the present scope, and does nothing else: the next change is noticed', async () => {
    const opened = await filled(LISTINGS, '1')
    const { request } = opened.publisher.transactions.at(-1)!
    await opened.publisher.commit({ ...request, progress: { ...request.progress, scope: null } }, signal)
    const expanded = within({ expand: 'CustomFieldsRaw' })
    const upgraded = opened.restart({})
    expect(await noticeScope(upgraded.feed, expanded, signal)).toBeUndefined()
    expect(
      upgraded.committed().map(({ request: { parts, ...rest } }) => ({ ...rest, parts: parts.length })),
    ).toEqual([
      {
        progress: { ...request.progress, scope: scopeText(expanded.scope) },
        watermark: null,
        markers: [],
        certificates: [],
        notifications: [],
        parts: 1,
      },
    ])
    expect(upgraded.changes()).toEqual([])
    const later = upgraded.restart({})
    expect(await noticeScope(later.feed, expanded, signal)).toBeUndefined()
    expect(await noticeScope(later.feed, LISTINGS, signal)).toBe(scopeText(expanded.scope))
  })

  test('nothing of it runs before a snapshot under it has begun, since that would leave out what it lets in', async () => {
    const opened = (await filled(ONE, '1')).restart({
      walks: [[{ records: [sourceRecord('1')] }, { fail: new Error('cut') }], [{ records: [] }]],
    })
    await noticeScope(opened.feed, TWO, signal)
    const refused = { code: 'SCOPE_CHANGED' }
    await expect(runUpdate(opened.feed, TWO, signal)).rejects.toMatchObject(refused)
    await expect(runPurge(opened.feed, TWO, PLAIN_PASS, signal)).rejects.toMatchObject(refused)
    await expect(runSnapshot(opened.feed, TWO, signal)).rejects.toThrow('cut')
    expect(await runUpdate(opened.feed, TWO, signal)).toMatchObject({
      state: 'completed',
      scope: scopeText(TWO.scope),
    })
    // It is not the first of the generation: what it brings has not been there from the beginning.
    expect(last(opened, 'snapshot')).toMatchObject({ state: 'running', initial: false })
  })

  test.each(['snapshot', 'purge'] as const)(
    'an interrupted %s of another scope is not gone on with',
    async (pass) => {
      const run = ({ feed }: MemoryFeed, resource: ListedResource) =>
        pass === 'snapshot'
          ? runSnapshot(feed, resource, signal)
          : runPurge(feed, resource, PLAIN_PASS, signal)
      const cut = await interrupted(await filled(ONE, '1'), (opened) => run(opened, ONE), CUT)
      const before = last(cut, pass)!
      const records = [pass === 'purge' ? keyRecord('1') : sourceRecord('1')]
      const snapshot = pass === 'purge' ? [[{ records: [sourceRecord('1')] }]] : []
      const next = cut.restart({ walks: [...snapshot, [{ records }]], counts: [1, 1] })
      await noticeScope(next.feed, TWO, signal)
      expect(last(next, pass)).toMatchObject({ passId: before.passId, state: 'failed', token: null })
      expect(await next.index.ledger.size(before.passId, 'seen', 9)).toBe(0)
      if (pass === 'purge') await runSnapshot(next.feed, TWO, signal)
      await run(next, TWO)
      expect(last(next, pass)!.passId).not.toBe(before.passId)
      expect(next.source.asked).toContainEqual(
        expect.objectContaining({ kind: 'walk', filter: TWO.scope.filter, token: '' }),
      )
    },
  )

  test.each([
    ['other fields alone', within({ filter: "MlsId Eq '1'", select: ['City'] }), false],
    ['no filter any more', LISTINGS, false],
    ['another filter', TWO, true],
  ])('a purge is due if records may have left: %s', async (_, resource, due) => {
    const opened = (await filled(ONE, '1')).restart({})
    await noticeScope(opened.feed, resource, signal)
    expect(last(opened, 'purge')?.rescoped ?? false).toBe(due)
  })

  test('what the guard held of another scope is held no longer, and the next purge judges anew (R10)', async () => {
    const over = { guard: { maxDeletes: 0, maxRatio: 0 } }
    const script = { walks: [[{ records: [keyRecord('1')] }]], counts: [1], records: [sourceRecord('1')] }
    const opened = (await filled(ONE, '1', '2')).restart(script, { over })
    expect(await runPurge(opened.feed, ONE, PLAIN_PASS, signal)).toMatchObject({ verdict: { kind: 'held' } })
    const next = opened.restart({}, { over })
    expect(next.feed.state.holds.standing(LISTINGS.name, 'deletes')).toMatchObject({ keys: 1 })
    await noticeScope(next.feed, TWO, signal)
    expect(next.feed.state.holds.standing(LISTINGS.name, 'deletes')).toBeUndefined()
    expect(next.publisher.knownHolds()).toEqual([])
    expect(last(next, 'purge')).toMatchObject({ state: 'failed', rescoped: true, deletes: { held: 0 } })
  })

  test('it stays due, whatever is noticed and interrupted meanwhile, until one is completed', async () => {
    const opened = (await filled(ONE, '1')).restart({})
    await noticeScope(opened.feed, TWO, signal)
    const back = opened.restart({ walks: [[{ records: [sourceRecord('1')] }]], counts: [0] })
    await noticeScope(back.feed, within({}), signal)
    await runSnapshot(back.feed, within({}), signal)
    const cut = await interrupted(back, ({ feed }) => runPurge(feed, within({}), PLAIN_PASS, signal), CUT)
    expect(last(cut, 'purge')).toMatchObject({ state: 'running', rescoped: true })
    const done = cut.restart({ walks: [[{ records: [keyRecord('1')] }]], counts: [1] })
    await runPurge(done.feed, within({}), PLAIN_PASS, signal)
    expect(last(done, 'purge')).toMatchObject({ state: 'completed', rescoped: false })
  })

  test('an abandoned first snapshot leaves no base, and what it published is for the purge', async () => {
    const walks = [[{ records: [sourceRecord('1')] }, { fail: new Error('cut') }]]
    const opened = new MemoryFeed({ walks })
    await expect(runSnapshot(opened.feed, ONE, signal)).rejects.toThrow('cut')
    const next = opened.restart({ walks: [[{ records: [sourceRecord('2')] }]], counts: [0] })
    await noticeScope(next.feed, TWO, signal)
    expect(next.feed.state.hasSnapshot(LISTINGS.name)).toBe(false)
    await runSnapshot(next.feed, TWO, signal)
    expect(last(next, 'snapshot')).toMatchObject({ state: 'completed', initial: true })
    expect(last(next, 'purge')).toMatchObject({ rescoped: true, startedAt: SERVER_TIME })
  })
})
