import type { ServerResponse } from 'node:http'
import { gunzipSync } from 'node:zlib'

import { sleep } from '../../support/abort.ts'
import { gzipped, jsonReply } from '../api/reply.ts'
import type { Reply } from '../api/reply.ts'
import type { Fault } from '../faults.ts'

const SLOW_PARTS = 10
const HTML = '<html><head><title>Bad Gateway</title></head><body>Something between failed.</body></html>'

/** The answer that a fault puts in the place of the API's; undefined if the API is to answer. */
export function faultReply(fault: Fault): Reply | undefined {
  if (fault.kind === 'status') return failure(fault)
  if (fault.kind === 'envelope-failure') return jsonReply(200, failureBody(fault.code))
  if (fault.kind === 'answer') return jsonReply(fault.status, fault.json)
  if (fault.kind === 'html') {
    return { status: fault.status, headers: { 'Content-Type': 'text/html' }, body: HTML }
  }
  if (fault.kind === 'non-json') return jsonReply(200, '{"D":{"Success":true,"Results":[{"Id":')
  if (fault.kind === 'bomb') return jsonReply(200, bomb(fault.megabytes))
  return undefined
}

/** Small objects: as values they take many times what they take as text. */
function bomb(megabytes: number): string {
  return `{"D":{"Success":true,"Results":[${'{},'.repeat((megabytes * 1_000_000) / 3)}{}]}}`
}

function failure(fault: Fault & { kind: 'status' }): Reply {
  const { status, code, message, retryAfter } = fault
  const reply = jsonReply(status, failureBody(code, message))
  if (retryAfter === undefined) return reply
  return { ...reply, headers: { ...reply.headers, 'Retry-After': String(retryAfter) } }
}

function failureBody(code: number | undefined, message?: string): string {
  return JSON.stringify({ D: { Success: false, Code: code, Message: message } })
}

/** No answer at all: hangs, or resets the connection. */
export function isSilence(fault: Fault | undefined): fault is Fault & { kind: 'hang' | 'reset' } {
  return fault?.kind === 'hang' || fault?.kind === 'reset'
}

export interface Delivery {
  /** `Date` of the answer in milliseconds since 1970; undefined for none. */
  readonly date: number | undefined
  readonly requestId: string
  readonly gzip: boolean
  readonly fault: Fault | undefined
}

/** What goes over the wire: the reply's headers with the general ones, and the body in its encoding. */
export async function encoded(
  reply: Reply,
  delivery: Delivery,
): Promise<{ headers: Record<string, string>; body: Buffer }> {
  const headers: Record<string, string> = { ...reply.headers, 'x-request-id': delivery.requestId }
  if (delivery.date !== undefined) headers['Date'] = new Date(delivery.date).toUTCString()
  if (reply.status === 304) return { headers, body: Buffer.alloc(0) }
  const zip = delivery.gzip && reply.body.length > 0
  const body = zip ? asBuffer((await gzipped(reply)).body) : plainBody(reply)
  if (zip) headers['Content-Encoding'] = 'gzip'
  headers['Content-Length'] = String(body.length)
  return { headers, body }
}

/** Writes the answer, or as much of it as the fault lets through. Resolves when that is done or the peer is gone. */
export async function deliver(
  response: ServerResponse,
  status: number,
  message: Awaited<ReturnType<typeof encoded>>,
  fault: Fault | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { headers, body } = message
  response.sendDate = false
  if (fault?.kind === 'delay') await sleep(fault.ms, signal)
  response.writeHead(status, headers)
  if (fault?.kind === 'cut') {
    response.flushHeaders()
    await written(response, body.subarray(0, Math.floor(body.length * fault.at)))
    response.socket?.destroy()
    return
  }
  if (fault?.kind === 'slow') {
    const part = Math.ceil(body.length / SLOW_PARTS)
    for (let at = 0; at < body.length && !response.destroyed; at += part) {
      await sleep(fault.ms / SLOW_PARTS, signal)
      await written(response, body.subarray(at, at + part))
    }
    response.end()
    return
  }
  response.end(body)
}

function plainBody({ body, isGzipped = false }: Reply): Buffer {
  return isGzipped ? gunzipSync(body) : asBuffer(body)
}

function asBuffer(body: string | Buffer): Buffer {
  return typeof body === 'string' ? Buffer.from(body) : body
}

function written(response: ServerResponse, part: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (part.length === 0) resolve()
    else response.write(part, () => resolve())
  })
}
