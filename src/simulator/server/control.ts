import type { IncomingMessage, ServerResponse } from 'node:http'

import { z } from 'zod'

import { ListingstreamError } from '../../support/errors.ts'
import { apiKeySchema } from '../api-keys.ts'
import { behaviourSchema } from '../behaviour.ts'
import { faultRuleSchema } from '../faults.ts'
import { metadataChangeSchema } from '../records/field-catalog.ts'
import type { OpenCollection } from '../records/open-collection.ts'
import type { Simulator } from '../simulator.ts'
import { RequestBodyTooLarge, requestText } from './request-text.ts'
import { sendLines } from './send-lines.ts'

/** The simulator's own door: the API has no such path. */
export const CONTROL_PREFIX = '/_simulator/'

const ADDRESS = new RegExp(`^${CONTROL_PREFIX}(?<word>[^/]+)(?:/(?<name>.+))?$`)
const MAX_BODY_BYTES = 16_000_000
/** Requests that `GET log` shows. */
const LOG_LENGTH = 1000

const trickleSchema = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('start'), ratePerMinute: z.number().positive() }),
  z.strictObject({ action: z.literal('stop') }),
])
const trickleActionSchema = z.looseObject({ action: z.enum(['start', 'stop']) })
const clockSchema = z.strictObject({ advanceMs: z.number().int().min(0) })
const faultsSchema = z.union([faultRuleSchema, z.array(faultRuleSchema)])

type CollectionCommand = (collection: OpenCollection, body: unknown) => unknown
type SimulatorCommand = (simulator: Simulator, body: unknown) => unknown

/** With the name of a collection behind them, `market/listings`; without, to the listings. */
const COLLECTION_COMMANDS: Readonly<Record<string, CollectionCommand>> = {
  'GET deleted': (collection) => {
    collection.advance()
    return collection.gone
  },
  'POST market': (collection, body) => collection.obey(body),
  'POST metadata': (collection, body) => {
    collection.changeMetadata(metadataChangeSchema.parse(body))
    return {}
  },
}

const COMMANDS: Readonly<Record<string, SimulatorCommand>> = {
  'POST market': async (simulator, body) => {
    if (!trickleActionSchema.safeParse(body).success) return simulator.listings.obey(body)
    const command = trickleSchema.parse(body)
    if (command.action === 'start') simulator.start(command.ratePerMinute)
    else await simulator.stop()
    return { action: command.action }
  },
  'GET requests': ({ requests, faults: { fired, waiting } }) => ({
    ...requests.summary,
    faults: { fired, waiting },
  }),
  'GET log': ({ requests }) => requests.latest.slice(-LOG_LENGTH),
  'POST faults': ({ faults }, body) => {
    faults.add(...[faultsSchema.parse(body)].flat())
    return { waiting: faults.waiting }
  },
  'DELETE faults': ({ faults }) => {
    faults.clear()
    return { waiting: 0 }
  },
  'GET behaviour': ({ behaviour }) => behaviour,
  'POST behaviour': (simulator, body) => {
    simulator.configure(changeOf(behaviourSchema.partial().parse(body)))
    return simulator.behaviour
  },
  'POST keys': ({ keys }, body) => {
    keys.add(apiKeySchema.parse(body))
    return {}
  },
  'DELETE tokens': (simulator) => ({ expired: simulator.tokens.expire(simulator.now()) }),
  'POST clock': (simulator, body) => {
    simulator.advanceClock(clockSchema.parse(body).advanceMs)
    return { now: new Date(simulator.now()).toISOString() }
  },
}

/** A command of a collection, too; its answer is no JSON. */
const TRUTH = 'GET truth'
/** What may follow a `?`. */
const PARAMETERS: Readonly<Record<string, string>> = { [TRUTH]: '_expand', 'GET sets': 'Id' }

/** Drives the simulator from another process. No token is asked for: it listens on loopback. */
export async function control(
  request: IncomingMessage,
  response: ServerResponse,
  simulator: Simulator,
): Promise<void> {
  try {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://simulator')
    const { word, name } = ADDRESS.exec(pathname)?.groups ?? {}
    const collection = simulator.collection(name ?? 'listings')
    const command = `${request.method} ${word}`
    const unknown = [...searchParams.keys()].find((parameter) => parameter !== PARAMETERS[command])
    if (unknown !== undefined) {
      return sendJson(response, 400, { error: `${command} does not take ${unknown}.` })
    }
    const lines = linesOf(command, simulator, name, searchParams)
    if (lines !== undefined) return await sendLines(response, lines)
    const text = await requestText(request, MAX_BODY_BYTES)
    if (request.method !== 'POST' && text !== '') {
      return sendJson(response, 400, { error: `${command} does not take a body.` })
    }
    const body: unknown = text === '' ? undefined : JSON.parse(text)
    const ofAll = name === undefined ? COMMANDS[command] : undefined
    const ofOne = COLLECTION_COMMANDS[command]
    if (ofAll !== undefined) sendJson(response, 200, await ofAll(simulator, body))
    else if (ofOne !== undefined && collection !== undefined) sendJson(response, 200, ofOne(collection, body))
    else {
      const known = command === TRUTH || ofOne !== undefined
      const names = simulator.collections.map((one) => one.name).join(', ')
      const error = known
        ? `There is no collection ${name}; there are ${names}.`
        : `There is no ${request.method} ${pathname}.`
      sendJson(response, 404, { error })
    }
  } catch (error) {
    if (response.headersSent) response.destroy()
    else sendJson(response, isMistake(error) ? 400 : 500, { error: describe(error) })
  }
}

/** What is too long for one answer; undefined if that is not asked for. */
function linesOf(
  command: string,
  simulator: Simulator,
  name: string | undefined,
  params: URLSearchParams,
): Iterable<string> | undefined {
  if (command === 'GET sets' && name !== undefined) return setLines(simulator, name, params)
  const collection = command === TRUTH ? simulator.collection(name ?? 'listings') : undefined
  return collection && truthLines(collection, params)
}

/** One visible record a line, as the API serves it; `?_expand=Photos` as there. */
function truthLines(collection: OpenCollection, params: URLSearchParams): Iterable<string> {
  return collection.truthLines(new Set(params.get('_expand')?.split(',') ?? []))
}

/** `sets/photos`, `sets/openhouses/all`: what each listing has under this path, one listing a line; with `?Id=…` of one. */
function setLines(
  { collections, listings }: Simulator,
  path: string,
  params: URLSearchParams,
): Iterable<string> | undefined {
  for (const collection of collections) collection.advance()
  const sets = listings.sublistTruth(path, params.get('Id') ?? undefined)
  if (sets === undefined) return undefined
  return Iterator.from(sets).map(([key, rows]) => JSON.stringify({ Id: key, Results: rows }))
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
