/** A registry and an API that say back what they were sent, in every form: nothing of it comes out of the program (R15). */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { reportError } from '../../src/cli/report-error.ts'
import { SchemaRegistry } from '../../src/events/registry/schema-registry.ts'
import { instant } from '../../src/domain/instant.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { Health } from '../../src/ops/health.ts'
import { startHttpServer } from '../../src/ops/http-server.ts'
import { createLogger } from '../../src/ops/logger.ts'
import { ListingstreamError } from '../../src/support/errors.ts'
import { LoopbackRegistry } from '../events/loopback-registry.ts'
import { feedApi } from '../fixtures/feed-api.ts'
import { fixture, TOKEN } from '../spark/scripted-api.ts'

const never = new AbortController().signal
const USER = 'mallory-7531'
const PASSWORD = 'pa55/word+"é'
const WHOLE = `${USER}:${PASSWORD}`

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const FORMS: readonly ((text: string) => string)[] = [
  (text) => text,
  base64,
  (text) => Buffer.from(text).toString('base64url'),
  encodeURIComponent,
  (text) => encodeURIComponent(base64(text)),
  (text) => JSON.stringify(text),
]

/** All that comes out of the program of an error: report, log, `/readyz`, `/status`, the answer to a pass. */
async function everythingSaidOf(error: ListingstreamError): Promise<string> {
  const said: string[] = []
  reportError(error, (text) => said.push(text))
  const logger = createLogger({ destination: { write: (line) => said.push(line) } })
  logger.error({ err: error, nested: { message: error.message } }, error.message)
  const health = new Health(() => instant(0))
  health.started()
  health.parked(LISTINGS, 'update', error, 5_000)
  health.schemaRefused(LISTINGS.name, error)
  await using server = await startHttpServer(
    {
      host: '127.0.0.1',
      port: 0,
      adminToken: null,
      metrics: { contentType: 'text/plain', text: async () => '' },
      feeds: [
        feedApi({
          readiness: () => health.report(),
          status: async () => ({ health: health.report() }),
          runPass: async () => {
            throw error
          },
        }),
      ],
      logger,
    },
    never,
  )
  for (const path of ['/readyz', '/status']) said.push(await (await fetch(`${server.url}${path}`)).text())
  said.push(await (await fetch(`${server.url}/passes/update`, { method: 'POST' })).text())
  return said.join('\n')
}

function expectNothingOf(secrets: readonly string[], said: string): void {
  for (const secret of secrets) {
    for (const formOf of FORMS) {
      // Its ends may share a character of base64 with their neighbours.
      expect(said).not.toContain(formOf(secret).slice(1, -4))
    }
  }
}

async function failureOf(work: () => Promise<unknown>): Promise<ListingstreamError> {
  try {
    await work()
  } catch (error) {
    if (error instanceof ListingstreamError) return error
    throw error
  }
  throw new Error('It did not fail.')
}

test('a registry that echoes credentials is told of without them (R15)', async () => {
  await using server = await LoopbackRegistry.start()
  const registry = new SchemaRegistry({ url: server.url, auth: WHOLE })
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(400, 401, 403, 404, 405, 409, 413, 422, 429, 500),
      fc.constantFrom(...FORMS),
      fc.constantFrom(WHOLE, USER, PASSWORD),
      fc.string({ maxLength: 10 }),
      async (status, formOf, secret, around) => {
        server.interrupt = (_call, response) => {
          const message = `${around}${formOf(secret)}${around}`
          response.writeHead(status).end(JSON.stringify({ error_code: status * 100, message }))
          return true
        }
        const error = await failureOf(() => registry.register('a', '"string"', never))
        expectNothingOf([WHOLE, USER, PASSWORD], await everythingSaidOf(error))
      },
    ),
    { numRuns: 60 },
  )
})

test('an API that echoes the token is told of without it (R15)', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(200, 400, 401, 403, 409, 500),
      fc.constantFrom(...FORMS),
      fc.string({ maxLength: 10 }),
      async (status, formOf, around) => {
        const Message = `${around} Bearer ${formOf(TOKEN)}${around}`
        const body = JSON.stringify({ D: { Success: false, Code: 1234, Message } })
        await using api = await fixture([{ status, body }], {
          retry: { attempts: 1, baseMs: 1, capMs: 1 },
        })
        const error = await failureOf(() => api.source.identify('update', never))
        expect(error.message).toContain('the API says')
        expectNothingOf([TOKEN], await everythingSaidOf(error))
      },
    ),
    { numRuns: 40 },
  )
})
