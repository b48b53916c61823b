import type { IncomingMessage } from 'node:http'

export class RequestBodyTooLarge extends Error {
  constructor(bytes: number) {
    super(`the body is larger than ${bytes} bytes`)
    this.name = 'RequestBodyTooLarge'
  }
}

/** The body as UTF-8. @throws {RequestBodyTooLarge} */
export async function requestText(request: IncomingMessage, maxBytes: number): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  // Read to its end also when it is too large, so that the answer finds a reader.
  for await (const part of request as AsyncIterable<Uint8Array>) {
    bytes += part.length
    if (bytes <= maxBytes) parts.push(part)
  }
  if (bytes > maxBytes) throw new RequestBodyTooLarge(maxBytes)
  return Buffer.concat(parts).toString('utf8')
}
