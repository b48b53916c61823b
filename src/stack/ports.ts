import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

import { StackError } from './stack-error.ts'

/** Everything local is bound to loopback: neither the broker nor the registry asks for a password. */
export const loopback = '127.0.0.1'

/** @throws StackError `STACK_PORT_IN_USE`, naming the port and the option that chooses another. */
export async function requireFreePort(port: number, what: string, option: string): Promise<void> {
  try {
    await listenOnce(port)
  } catch (cause) {
    throw new StackError(
      'STACK_PORT_IN_USE',
      `Port ${port}, wanted for the ${what}, cannot be bound on ${loopback}: another program has it. Stop that program or choose another port with ${option}.`,
      cause,
    )
  }
}

/**
 * Below the ports that systems give to whoever asks for any (ip(7), `ip_local_port_range`): until a broker has it, which is formatted
 * first, any connection might take one of those.
 */
const ports = { from: 20_000, to: 32_000 } as const
const tries = 100

/** Whoever was given one may not have it yet. */
const given = new Set<number>()

/** A port that was free a moment ago, and that was not given before. */
export async function freePort(): Promise<number> {
  for (let i = 0; i < tries; i += 1) {
    const port = randomInt(ports.from, ports.to)
    if (given.has(port)) continue
    given.add(port)
    try {
      return await listenOnce(port)
    } catch {
      // Taken: another one.
    }
  }
  return await listenOnce(0)
}

async function listenOnce(port: number): Promise<number> {
  const server = createServer()
  server.listen(port, loopback)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return address === null || typeof address === 'string' ? port : address.port
}
