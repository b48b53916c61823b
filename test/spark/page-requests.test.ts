import { describe, expect, test, vi } from 'vitest'
import { LISTINGS } from '../../src/resources/listings.ts'
import type { SourcePage } from '../../src/replication/ports.ts'
import { PLAIN_PAGE_READER, type PageReader } from '../../src/spark/page-body.ts'
import { collect, failure, fixture, keyOf, page, row, type Fixture, type Step } from './scripted-api.ts'

const WALK = { resource: LISTINGS, filter: '', select: 'everything', purpose: 'walk', token: '' } as const

/** Its reader says what a page names next, and reads it when so many requests have come. */
interface Foreseen {
  readonly token: string
  readonly readAt: number
}

/** @param foreseen by the page's row: which of two pages is read first is for the network to say */
async function foreseeing(
  steps: readonly Step[],
  foreseen: Readonly<Record<number, Foreseen>>,
): Promise<Fixture> {
  const read: PageReader['read'] = async (page, resource, signal, onToken) => {
    const [, next] = Object.entries(foreseen).find(([i]) => page.bytes.includes(keyOf(Number(i)))) ?? []
    if (next !== undefined) {
      onToken?.(next.token)
      await vi.waitUntil(() => made.api.asked.length >= next.readAt, { interval: 1 })
    }
    return PLAIN_PAGE_READER.read(page, resource, signal)
  }
  const made = await fixture(steps, { pageReader: { zippedFrom: Infinity, read } })
  return made
}

const walk = (t: Fixture, by = AbortSignal.timeout(5_000)) => t.source.walk(WALK, by)
const keysOf = (pages: readonly SourcePage[]) => pages.flatMap(({ records }) => records.map(({ key }) => key))
const tokensOf = ({ api }: Fixture) => api.asked.map(({ query }) => query['_skiptoken'])
/** It answers when its request is given up. */
const never =
  (onClose: () => void): Step =>
  (_, response) => {
    response.on('close', onClose)
  }

describe('the page behind the one that is being read', () => {
  test('is asked for meanwhile, once, and its request has a later number (R6)', async () => {
    await using t = await foreseeing([page([row(1)], 'a'), page([row(2)], 'b'), page([row(3)])], {
      1: { token: 'a', readAt: 2 },
      2: { token: 'b', readAt: 3 },
    })
    const pages = await collect(walk(t))
    expect(keysOf(pages)).toEqual([keyOf(1), keyOf(2), keyOf(3)])
    expect(tokensOf(t)).toEqual(['', 'a', 'b'])
    expect(pages.map(({ request }) => request)).toEqual([1, 2, 3])
  })

  test('is one ahead at most: the third waits until somebody asks for the second', async () => {
    await using t = await foreseeing([page([row(1)], 'a'), page([row(2)], 'b'), page([row(3)])], {
      1: { token: 'a', readAt: 2 },
      2: { token: 'b', readAt: 2 },
    })
    const pages = walk(t)[Symbol.asyncIterator]()
    await pages.next()
    await vi.waitUntil(() => t.events.length === 2, { interval: 1 })
    expect(tokensOf(t)).toEqual(['', 'a'])
    await pages.next()
    await vi.waitUntil(() => t.api.asked.length === 3, { interval: 1 })
    expect(tokensOf(t)).toEqual(['', 'a', 'b'])
    await pages.return?.()
  })

  test('does not count if the page names another one, or none', async () => {
    await using t = await foreseeing(
      [page([row(1)], 'a'), page([row(9)], 'z'), page([row(2)]), page([row(9)])],
      { 1: { token: 'x', readAt: 2 }, 2: { token: 'y', readAt: 4 } },
    )
    expect(keysOf(await collect(walk(t)))).toEqual([keyOf(1), keyOf(2)])
    expect(tokensOf(t)).toEqual(['', 'x', 'a', 'y'])
  })

  test('fails at its own place, and only if the walk comes to it (R8)', async () => {
    await using t = await foreseeing([page([row(1)], 'a'), failure(403, 1500)], {
      1: { token: 'a', readAt: 2 },
    })
    const pages = walk(t)[Symbol.asyncIterator]()
    expect(await pages.next()).toMatchObject({ value: { nextToken: 'a' } })
    await expect(pages.next()).rejects.toMatchObject({ apiCode: 1500 })

    await using other = await foreseeing([page([row(1)]), failure(403, 1500)], {
      1: { token: 'a', readAt: 2 },
    })
    expect(keysOf(await collect(walk(other)))).toEqual([keyOf(1)])
  })

  test('is given up if the walk ends before it', async () => {
    const closed = Promise.withResolvers<void>()
    await using t = await foreseeing([page([row(1)], 'a'), never(() => closed.resolve())], {
      1: { token: 'a', readAt: 2 },
    })
    for await (const _ of walk(t)) break
    await closed.promise
  })

  test('is not the page itself, whose token counts as none (R7)', async () => {
    await using t = await foreseeing([page([row(1)], '')], { 1: { token: '', readAt: 1 } })
    expect(keysOf(await collect(walk(t)))).toEqual([keyOf(1)])
    expect(tokensOf(t)).toEqual([''])
  })
})
