import { setMaxListeners } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener as NodeListener, Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { isIP } from 'node:net'

import { ListingstreamError } from '../../support/errors.ts'
import { foundCollections } from '../found-collections.ts'
import { Simulator } from '../simulator.ts'
import type { SimulatorOptions } from '../simulator.ts'
import { writeAuthority } from './authority-file.ts'
import type { AuthorityFile } from './authority-file.ts'
import { makeCertificate } from './certificate.ts'
import { control, CONTROL_PREFIX } from './control.ts'
import { RequestListener } from './request-listener.ts'

export interface ServerOptions {
  /** @default 0, any free port */
  readonly port?: number
  /** @default '127.0.0.1' */
  readonly host?: string
  /** HTTPS, by a certificate made at the start. @default false */
  readonly tls?: boolean
  /** Keeps rendered pages until something changes, for benchmarks. @default false */
  readonly storedPages?: boolean
}

/** A simulator that answers over HTTP, until it is disposed of. */
export interface SimulatorServer extends AsyncDisposable {
  readonly simulator: Simulator
  /** Base URL without a slash at its end. */
  readonly url: string
  /** PEM file, there until the disposal, of the authority that a client is to trust; undefined without TLS. */
  readonly authorityFile: string | undefined
}

/**
 * Starts a Spark API on loopback.
 *
 * @throws {ListingstreamError} SIMULATOR_PORT if the port cannot be had
 */
export async function startSimulator(
  options: SimulatorOptions & ServerOptions = {},
): Promise<SimulatorServer> {
  const { port = 0, host = '127.0.0.1', tls = false, storedPages = false, ...rest } = options
  const collections = [...(await foundCollections()), ...(rest.collections ?? [])]
  const simulator = new Simulator({ ...rest, collections })
  const closing = new AbortController()
  // Every request that waits listens to it.
  setMaxListeners(0, closing.signal)
  const listener = new RequestListener(simulator, storedPages, closing.signal)
  const { server, authority } = await serverOf(tls ? host : undefined, (request, response) => {
    if (request.url?.startsWith(CONTROL_PREFIX) === true) void control(request, response, simulator)
    else void listener.handle(request, response)
  })
  try {
    const origin = await listening(server, port, host)
    return {
      simulator,
      url: `${tls ? 'https' : 'http'}://${origin}`,
      authorityFile: authority?.path,
      async [Symbol.asyncDispose]() {
        await simulator.stop()
        closing.abort()
        const closed = new Promise<void>((resolve) => server.close(() => resolve()))
        server.closeAllConnections()
        await closed
        await authority?.[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await authority?.[Symbol.asyncDispose]()
    throw error
  }
}

/** @param tlsHost the host of its certificate; undefined for a server without TLS */
async function serverOf(
  tlsHost: string | undefined,
  listener: NodeListener,
): Promise<{ server: Server; authority: AuthorityFile | undefined }> {
  if (tlsHost === undefined) return { server: createServer(listener), authority: undefined }
  const { key, cert, authority } = await makeCertificate(tlsHost)
  return { server: createTlsServer({ key, cert }, listener), authority: await writeAuthority(authority) }
}

/** Resolves with host and port. */
async function listening(server: Server, port: number, host: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', (cause: Error) =>
    reject(
      new ListingstreamError(`The simulator cannot listen on ${host}:${port}. Choose another port.`, {
        code: 'SIMULATOR_PORT',
        retryable: false,
        disposition: 'stop',
        cause,
      }),
    ),
  )
  server.listen(port, host, resolve)
  await promise
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  return `${isIP(host) === 6 ? `[${host}]` : host}:${bound}`
}
