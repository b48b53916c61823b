import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { z } from 'zod'

import { ListingstreamError } from '../../support/errors.ts'
import { behaviourSchema } from '../behaviour.ts'
import { faultRuleSchema } from '../faults.ts'
import { metadataChangeSchema } from '../records/field-catalog.ts'
import { marketCommandSchema } from '../market-command.ts'
import { RequestBodyTooLarge, requestText } from './request-text.ts'
import type { Simulator } from '../simulator.ts'

/** The simulator's own door: the API has no such path. */
export const CONTROL_PREFIX = '/_simulator/'

const MAX_BODY_BYTES = 16_000_000

const trickleSchema = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('start'), ratePerMinute: z.number().positive() }),
  z.strictObject({ action: z.literal('stop') }),
])
const clockSchema = z.strictObject({ advanceMs: z.number().int().min(0) })
const faultsSchema = z.union([faultRuleSchema, z.array(faultRuleSchema)])

/** Drives the simulator from another process. No token is asked for: it listens on loopback. */
export async function control(
  request: IncomingMessage,
  response: ServerResponse,
  simulator: Simulator,
): Promise<void> {
  try {
    const url = new URL(request.url ?? '/', 'http://simulator')
    const command = `${request.method} ${url.pathname.slice(CONTROL_PREFIX.length)}`
    if (command === 'GET truth') return await sendTruth(response, simulator, url.searchParams)
    const text = await requestText(request, MAX_BODY_BYTES)
    const result = await obey(command, () => JSON.parse(text) as unknown, simulator)
    if (result === undefined) sendJson(response, 404, { error: `There is no ${command}.` })
    else sendJson(response, 200, result)
  } catch (error) {
    if (response.headersSent) response.destroy()
    else sendJson(response, isMistake(error) ? 400 : 500, { error: describe(error) })
  }
}

/** Undefined if there is no such command. */
async function obey(command: string, body: () => unknown, simulator: Simulator): Promise<unknown> {
  const { market, faults, requests } = simulator
  switch (command) {
    case 'GET requests':
      return { ...requests.summary, faults: { fired: faults.fired, waiting: faults.waiting } }
    case 'GET deleted':
      market.advance()
      return market.gone
    case 'GET behaviour':
      return simulator.behaviour
    case 'POST market': {
      const parsed = z.union([trickleSchema, marketCommandSchema]).safeParse(body())
      if (!parsed.success) throw parsed.error
      const { data } = parsed
      if (data.action === 'start') simulator.start(data.ratePerMinute)
      else if (data.action === 'stop') await simulator.stop()
      else return market.apply(data)
      return { action: data.action }
    }
    case 'POST metadata':
      market.changeMetadata(metadataChangeSchema.parse(body()))
      return {}
    case 'POST faults':
      faults.add(...[faultsSchema.parse(body())].flat())
      return { waiting: faults.waiting }
    case 'DELETE faults':
      faults.clear()
      return { waiting: 0 }
    case 'POST behaviour': {
      simulator.configure(changeOf(behaviourSchema.partial().parse(body())))
      return simulator.behaviour
    }
    case 'POST clock':
      simulator.advanceClock(clockSchema.parse(body()).advanceMs)
      return { now: new Date(simulator.now()).toISOString() }
    default:
      return undefined
  }
}

/** One visible listing a line, as the API serves it; `?_expand=CustomFieldsRaw` as there. */
async function sendTruth(
  response: ServerResponse,
  simulator: Simulator,
  params: URLSearchParams,
): Promise<void> {
  const expand = new Set(params.get('_expand')?.split(',') ?? [])
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' })
  await pipeline(Readable.from(chunks(simulator.truthLines(expand), 200)), response)
}

function* chunks(lines: Iterable<string>, size: number): Generator<string, void, undefined> {
  let chunk = ''
  let count = 0
  for (const line of lines) {
    chunk += `${line}\n`
    count += 1
    if (count % size === 0) {
      yield chunk
      chunk = ''
    }
  }
  yield chunk
}

function changeOf<T extends object>(partial: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(partial).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}

function isMistake(error: unknown): boolean {
  return (
    error instanceof z.ZodError ||
    error instanceof SyntaxError ||
    error instanceof ListingstreamError ||
    error instanceof RequestBodyTooLarge
  )
}

function describe(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error)
  return error instanceof Error ? error.message : String(error)
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(text)),
  })
  response.end(text)
}
