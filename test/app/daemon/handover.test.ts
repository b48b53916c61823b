import { createServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { once } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { z } from 'zod'

import { findDaemon, requireSameSettings, statedSettings } from '../../../src/app/daemon/handover.ts'
import { GROUPS } from '../../../src/config/groups.ts'
import { loadSettings } from '../../../src/config/load-settings.ts'
import { writeDaemonFile } from '../../../src/ops/daemon-file.ts'
import { freePort } from '../../../src/stack/ports.ts'
import { tempFolder } from '../../fixtures/temp-folder.ts'

const never = new AbortController().signal
const env = { SPARK_ACCESS_TOKEN: 'token', TOPIC_PREFIX: 'one' }

function stated(changed: Readonly<Record<string, string>> = {}) {
  return statedSettings(
    loadSettings(['spark', 'kafka', 'registry', 'feed', 'topics', 'passes'], {
      env: { ...env, ...changed },
      file: '/no/such/file',
    }),
  )
}

interface Listener extends AsyncDisposable {
  readonly port: number
}

async function listening(server: ReturnType<typeof createTcpServer>, port = 0): Promise<Listener> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: z.object({ port: z.number() }).parse(server.address()).port,
    [Symbol.asyncDispose]: async () => {
      server.close()
      if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function') {
        server.closeAllConnections()
      }
    },
  }
}

const http = (listener: RequestListener) => () => listening(createServer(listener))

describe('a daemon.json that a killed daemon left is not followed, whoever has its pid and port now', () => {
  test.each<[string, () => Promise<Listener>, RegExp]>([
    [
      'nobody listens',
      async () => ({ port: await freePort(), [Symbol.asyncDispose]: async () => undefined }),
      /does not answer \(ECONNREFUSED\)/,
    ],
    [
      'a program that hangs up',
      () => listening(createTcpServer((socket) => socket.end())),
      /does not answer/,
    ],
    [
      'another HTTP server',
      http((_, response) => response.end('<html>It works!</html>')),
      /is no listingstream daemon/,
    ],
    [
      'an HTTP server that takes every path for well',
      http((_, response) => response.end('{"alive":true}')),
      /is no listingstream daemon/,
    ],
    [
      'an answer without end',
      http((_, response) => {
        const more = setInterval(() => response.write('x'.repeat(1000)), 1)
        response.on('close', () => clearInterval(more))
      }),
      /is no listingstream daemon/,
    ],
    [
      'a daemon of another folder',
      http((_, response) => response.end('{"alive":true,"instanceId":"other"}')),
      /another daemon answers there/,
    ],
  ])('%s', async (_, open, why) => {
    await using folder = await tempFolder()
    await using server = await open()
    const url = `http://127.0.0.1:${server.port}`
    const startedAt = '2026-05-02T10:00:00.000Z'
    const info = { url, pid: process.pid, startedAt, instanceId: 'one', settings: stated() }
    await using _file = await writeDaemonFile(folder.path, info)
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    try {
      expect(await findDaemon(folder.path, stated(), never)).toBeUndefined()
      const said = write.mock.calls.map(([text]) => String(text))
      expect(said).toHaveLength(1)
      expect(said[0]).toMatch(why)
      expect(said[0]).toContain(`process ${process.pid}, ${url}`)
      expect(said[0]?.trim()).not.toContain('\n')
    } finally {
      write.mockRestore()
    }
  })
})

describe('work is handed over only to a daemon that works with the same settings', () => {
  test('each difference is named with both values', () => {
    const daemon = { pid: 17, settings: stated() }
    const ours = stated({
      TOPIC_PREFIX: 'two',
      PURGE_MAX_DELETES: '5',
      SPARK_API_URL: 'https://other.example',
    })
    expect(() => requireSameSettings(daemon, ours, './data')).toThrow(
      expect.objectContaining({
        code: 'DAEMON_SETTINGS_DIFFER',
        exitCode: 2,
        message: expect.stringMatching(
          /TOPIC_PREFIX: one there, two here\n.*SPARK_API_URL: https:\/\/replication.sparkapi.com there, https:\/\/other.example here\n.*PURGE_MAX_DELETES: 100 there, 5 here\n/s,
        ),
      }),
    )
  })

  test('the same in other words is the same', () => {
    const daemon = { pid: 17, settings: stated({ KAFKA_BROKERS: 'a:1,b:2', UPDATE_OVERLAP: '60m' }) }
    const ours = stated({ KAFKA_BROKERS: 'b:2,a:1', UPDATE_OVERLAP: '1h' })
    expect(() => requireSameSettings(daemon, ours, './data')).not.toThrow()
  })

  test('every setting is stated, or there is a reason why not', () => {
    const reasons: Readonly<Record<string, string>> = {
      SPARK_ACCESS_TOKEN: 'a secret',
      KAFKA_SASL_PASSWORD: 'a secret',
      SCHEMA_REGISTRY_AUTH: 'a secret',
      SPARK_API_CA: 'how the same source is reached',
      SCHEMA_REGISTRY_CA: 'how the same registry is reached',
      HTTPS_PROXY: 'how the same source is reached',
      HTTP_PROXY: 'how the same source is reached',
      NO_PROXY: 'how the same source is reached',
      KAFKA_SASL_OAUTH_TOKEN_URL: 'stated where the login is by tokens',
      KAFKA_SASL_OAUTH_CLIENT_ID: 'stated where the login is by tokens',
      KAFKA_SASL_OAUTH_CLIENT_SECRET: 'a secret',
      KAFKA_SASL_OAUTH_SCOPE: 'how the same login is had',
      ADMIN_TOKEN: 'a secret',
      WEBHOOK_URL: 'a secret',
      WEBHOOK_SECRET: 'a secret',
      KAFKA_SSL_CA: 'how the same cluster is reached',
      KAFKA_SSL_CERT: 'how the same cluster is reached',
      KAFKA_SSL_KEY: 'a secret',
      DATA_DIR: 'the folder in which the daemon was found',
      UPDATE_INTERVAL: 'when the daemon works by itself',
      PURGE_INTERVAL: 'when the daemon works by itself',
      FULL_WALK_INTERVAL: 'when the daemon works by itself',
      MEDIA_FULL_INTERVAL: 'when the daemon works by itself',
      RECONCILE_INTERVAL: 'when the daemon works by itself',
      LAG_INTERVAL: 'when the daemon works by itself',
      API_RATE: 'how fast the daemon works',
      HTTP_HOST: 'where the daemon listens',
      HTTP_PORT: 'where the daemon listens',
      MAX_WALKS: 'how fast the daemon works',
      GROUP_ID: 'which feeds the daemon has, of which this is one',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'who is told of the work',
      OTEL_EXPORTER_OTLP_HEADERS: 'a secret',
      OTEL_SERVICE_NAME: 'who is told of the work',
      LOG_LEVEL: 'of the command alone',
    }
    const variables = new Set(Object.values(GROUPS).flatMap((group) => group.variables))
    const unstated = [...variables].filter((name) => !(name in stated())).sort()
    expect(unstated).toEqual(Object.keys(reasons).sort())
  })
})
