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

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
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
