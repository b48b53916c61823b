import { describe, expect, test } from 'vitest'

import { recordKey } from '../../src/domain/record-key.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import type { HttpResponse, Transport } from '../../src/spark/transport.ts'
import { sourceOn } from './http-source.ts'
import { collect, d, failure, keyOf, NOW, page, row, TOKEN, type Reply } from './scripted-api.ts'

const signal = AbortSignal.timeout(5_000)

/** Answers one after the other, without a network. */
function answering(replies: readonly Reply[]): Transport {
  const left = [...replies]
  return {
    host: 'api.example',
    async send(_request, onSend): Promise<HttpResponse> {
      onSend()
      const { status = 200, body = '' } = left.shift() ?? { status: 418 }
      const bytes = Buffer.from(body)
      return { status, body: bytes, bytes: bytes.length, header: () => undefined }
    },
  }
}

/** What bounds the requests of a key would wait where this one notes. */
function noted(inner: Transport, requests: string[]): Transport {
  return {
    host: inner.host,
    send(request, onSend, signal) {
      requests.push(`${request.purpose} ${request.target.replace(/\?.*/, '')}`)
      return inner.send(request, onSend, signal)
    },
  }
}

const OPTIONS = { clock: { now: () => NOW, sleep: async () => undefined } }

describe('a transport', () => {
  test('is told of every request of all its sources what it is for: tries again, pages, questions and metadata', async () => {
    const requests: string[] = []
    const transport = noted(
      answering([
        d({ Results: [{ Id: 'user-1', MlsId: 'mls-1' }] }),
        failure(503, 1510),
        page([row(1)], 'next'),
        page([]),
        d({ Results: [], Pagination: { TotalRows: 1 } }),
        page([row(1)]),
        page([row(1)]),
        d({ Results: [{ City: { Type: 'Character' } }] }),
      ]),
      requests,
    )
    const first = sourceOn(transport, TOKEN, OPTIONS)
    expect(await first.identify('update', signal)).toEqual({
      host: 'api.example',
      userId: 'user-1',
      mlsId: 'mls-1',
    })

    const source = sourceOn(transport, TOKEN, OPTIONS)
    const key = recordKey(keyOf(1))
    const pages = source.walk(
      { resource: LISTINGS, filter: '', select: 'everything', purpose: 'walk', token: '' },
      signal,
    )
    expect(await collect(pages)).toHaveLength(2)
    expect(await source.count(LISTINGS, '', 'update', signal)).toBe(1)
    expect((await source.findByKeys(LISTINGS, [key], 'everything', 'scope', signal)).kind).toBe('answered')
    expect((await source.findOne(LISTINGS, key, signal)).kind).toBe('found')
    expect((await source.metadata.standardFields(undefined, signal)).kind).toBe('fetched')

    expect(requests).toEqual([
      'update /v1/system',
      ...Array.from({ length: 3 }, () => 'walk /v1/listings'),
      'update /v1/listings',
      'question /v1/listings',
      `question /v1/listings/${key}`,
      'update /v1/standardfields',
    ])
  })
})
