import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { access, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

import { makeCertificate } from '../../src/simulator/server/certificate.ts'
import { simulate } from '../../src/simulator/simulate.ts'
import { startSimulator, type SimulatorServer } from '../../src/simulator/server/start-simulator.ts'

/** A program of its own: `NODE_EXTRA_CA_CERTS` is read when Node starts. */
async function output(script: string, { url, authorityFile = '' }: SimulatorServer): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    env: { NODE_EXTRA_CA_CERTS: authorityFile, URL: url },
  })
  return stdout.trim()
}

test("the program's own client trusts it by the file of its authority", async () => {
  await using server = await startSimulator({ listings: 1, tls: true })
  const script = `
    import { httpSource } from '../spark/http-source.ts'
    await using source = httpSource({ apiUrl: process.env.URL, accessToken: 'simulator-token' })
    console.log((await source.identify('update', AbortSignal.timeout(10_000))).mlsId)`
  expect(await output(script, server)).toBe(server.simulator.dataShare[0]?.id)
})

test('undici and fetch trust it by the file of its authority, and without it nobody does', async () => {
  await using server = await startSimulator({ listings: 1, tls: true })
  const script = `
    import { request } from 'undici'
    const headers = { Authorization: 'Bearer simulator-token' }
    const { statusCode } = await request(process.env.URL + '/v1/listings', { headers })
    const { status } = await fetch(process.env.URL + '/v1/listings', { headers })
    console.log(statusCode, status)`
  expect(await output(script, server)).toBe('200 200')
  await expect(fetch(`${server.url}/v1/listings`)).rejects.toMatchObject({
    cause: { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
  })
})

test('its certificate is good for the loopback addresses and the host that it listens on', async () => {
  const { cert, authority } = await makeCertificate('spark.example')
  const server = new X509Certificate(cert)
  expect([server.checkHost('localhost'), server.checkHost('spark.example')]).not.toContain(undefined)
  expect([server.checkIP('127.0.0.1'), server.checkIP('::1')]).not.toContain(undefined)
  expect(server.checkHost('another.example')).toBeUndefined()
  expect([server.ca, new X509Certificate(authority).ca]).toEqual([false, true])
})

test('simulate --tls says where the file is, and removes it at its end', async () => {
  const stop = new AbortController()
  const lines: string[] = []
  const running = simulate({ listings: 1, tls: true, write: (line) => lines.push(line) }, stop.signal)
  await expect.poll(() => lines.length).toBe(1)
  const file =
    /^SPARK_API_URL=https:\S+ SPARK_ACCESS_TOKEN=\S+ NODE_EXTRA_CA_CERTS=(\S+)\n$/.exec(
      lines[0] ?? '',
    )?.[1] ?? ''
  expect(await readFile(file, 'utf8')).toContain('BEGIN CERTIFICATE')
  stop.abort()
  await running
  await expect(access(file)).rejects.toMatchObject({ code: 'ENOENT' })
})
