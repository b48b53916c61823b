import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'

import { LISTINGS } from '../../src/resources/listings.ts'
import { recordsBodyBytes } from '../../src/spark/body-limits.ts'
import { readPage, unzippedPage, type PageBytes, type PageReader } from '../../src/spark/page-body.ts'
import type { SparkSource } from '../../src/spark/spark-source.ts'
import { collect, d, failure, fixture, page, row, zipped } from './scripted-api.ts'

const ZIPPED_FROM = 10_000

/** A reader that unzips by itself, and what it was given. */
function reading(): { readonly given: PageBytes[]; readonly pageReader: PageReader } {
  const given: PageBytes[] = []
  const pageReader: PageReader = {
    zippedFrom: ZIPPED_FROM,
    read: (sent, resource) => {
      given.push(sent)
      const bytes = unzippedPage(sent)
      return Promise.resolve(Buffer.isBuffer(bytes) ? readPage(bytes, resource) : bytes)
    },
  }
  return { given, pageReader }
}

const WALK = { resource: LISTINGS, filter: '', select: 'everything', purpose: 'walk', token: '' } as const

async function walked(source: SparkSource) {
  const pages = await collect(source.walk(WALK, AbortSignal.timeout(5_000)))
  return pages.flatMap(({ records }) => records.map(({ key, body }) => ({ key, body })))
}

const large = zipped(page([row(1, { City: 'x'.repeat(ZIPPED_FROM) })], null))

describe('a page under gzip', () => {
  test('that is large comes to its reader as it came, with the limit of what may be unzipped', async () => {
    const { given, pageReader } = reading()
    await using t = await fixture([large], { pageReader, pageLimit: 10 })
    expect(await walked(t.source)).toMatchObject([{ body: row(1) }])
    expect(given).toEqual([
      { bytes: Buffer.from(large.body ?? ''), zipped: true, limit: recordsBodyBytes(10), ofKeys: false },
    ])
    expect(t.events).toMatchObject([{ code: 'OK', bytes: large.body?.length }])
  })

  test('of a walk of keys says to its reader that it is one', async () => {
    const { given, pageReader } = reading()
    await using t = await fixture([large], { pageReader })
    await collect(t.source.walk({ ...WALK, select: 'versions' }, AbortSignal.timeout(5_000)))
    expect(given).toMatchObject([{ ofKeys: true }])
  })

  test('that is small, or for nobody who unzips, is unzipped before', async () => {
    const { given, pageReader } = reading()
    await using t = await fixture([zipped(page([row(1)], null))], { pageReader })
    expect(await walked(t.source)).toMatchObject([{ body: row(1) }])
    expect(given).toMatchObject([{ zipped: false }])
    await using plain = await fixture([large])
    expect(await walked(plain.source)).toMatchObject([{ body: row(1) }])
  })

  test('that says less than it has is unzipped before, within its limit', async () => {
    const { given, pageReader } = reading()
    // The trailer is that of the last member.
    const body = Buffer.concat([Buffer.from(large.body ?? ''), gzipSync(' ')])
    await using t = await fixture([{ ...large, body }], { pageReader })
    expect(await walked(t.source)).toMatchObject([{ body: row(1) }])
    expect(given).toMatchObject([{ zipped: false }])
  })

  test('that is too long is asked for in smaller slices, as one that is unzipped before (R8)', async () => {
    const { given, pageReader } = reading()
    const bomb = zipped({ body: ' '.repeat(recordsBodyBytes(2) + 1) })
    const steps = [bomb, page([row(1)], null), page([row(1)], null)]
    await using t = await fixture(steps, { pageReader, pageLimit: 2 })
    expect(await walked(t.source)).toMatchObject([{ body: row(1) }])
    expect(given[0]).toMatchObject({ zipped: true })
    expect(t.events[0]).toMatchObject({ status: 200, code: 'SPARK_BODY_TOO_LARGE' })
  })

  test('that is cut is asked for again', async () => {
    const { given, pageReader } = reading()
    const damaged = Buffer.from(large.body ?? '')
    damaged.fill(0, 20, 40)
    await using t = await fixture([{ ...large, body: damaged }, large], { pageReader })
    expect(await walked(t.source)).toMatchObject([{ body: row(1) }])
    expect(given.map((sent) => sent.zipped)).toEqual([true, true])
    expect(t.events).toMatchObject([{ code: 'SPARK_BAD_RESPONSE' }, { code: 'OK' }])
  })

  test('with a failure is read as any other', async () => {
    const { given, pageReader } = reading()
    const refused = failure(503, 1510, { Padding: 'x'.repeat(ZIPPED_FROM) })
    const untold = d({ Success: false, Code: 1510, Padding: 'x'.repeat(ZIPPED_FROM) })
    await using t = await fixture([zipped(refused), zipped(untold), large], { pageReader })
    expect(await walked(t.source)).toHaveLength(1)
    expect(given.map((sent) => sent.zipped)).toEqual([true, true])
    expect(t.events.map(({ code }) => code)).toEqual(['SPARK_UNAVAILABLE', 'SPARK_UNAVAILABLE', 'OK'])
  })
})

test('any other answer is unzipped before it is read', async () => {
  const { given, pageReader } = reading()
  const system = d({ Results: [{ Id: 'u', MlsId: 'm', Padding: 'x'.repeat(ZIPPED_FROM) }] })
  await using t = await fixture([zipped(system)], { pageReader })
  expect(await t.source.identify('update', AbortSignal.timeout(5_000))).toMatchObject({ userId: 'u' })
  expect(given).toEqual([])
})
