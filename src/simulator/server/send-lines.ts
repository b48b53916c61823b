import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const LINES_A_CHUNK = 200

/** Writes texts of JSON, one a line, as fast as they are read. */
export async function sendLines(response: ServerResponse, lines: Iterable<string>): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' })
  await pipeline(Readable.from(chunks(lines)), response)
}

function* chunks(lines: Iterable<string>): Generator<string, void, undefined> {
  let chunk = ''
  let count = 0
  for (const line of lines) {
    chunk += `${line}\n`
    count += 1
    if (count % LINES_A_CHUNK === 0) {
      yield chunk
      chunk = ''
    }
  }
  yield chunk
}
