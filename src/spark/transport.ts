/** How requests reach the API: bytes out, bytes in. Nothing of it knows of envelopes, and nothing is sent twice. */
import type { RequestPurpose } from '../domain/request-purpose.ts'

export interface HttpRequest {
  readonly purpose: RequestPurpose
  readonly method: 'GET' | 'POST'
  /** From the root of the API, `/v1/…`, with its query. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** Bytes of the answer's body, zipped and unzipped, unless its status is an error. */
  readonly largestBody: number
  /** A success that says to be so long when unzipped, in bytes, or longer, may stay as it came. @default none may */
  readonly zippedFrom?: number | undefined
}

export interface HttpResponse {
  readonly status: number
  /** Unzipped, unless it is said to be as it came. */
  readonly body: Buffer
  /** `body` is gzip still; nobody has looked whether it can be unzipped, or to how much. @default false */
  readonly zipped?: boolean
  /** Of the body, as they came over the wire. */
  readonly bytes: number
  header(name: string): string | undefined
}

/** One key's way to the API. What bounds or counts the requests of a key wraps it, and is a transport again. */
export interface Transport {
  /** Host of the API, with its port where that is not the usual one. */
  readonly host: string
  /**
   * Resolves with the whole answer, whatever its status. What bounds the requests of a key may keep it waiting before it is
   * sent: until `onSend` is called, once, it has no number (R6).
   *
   * @throws {SparkApiError} retryable, if no whole answer came; `SPARK_BODY_TOO_LARGE` if it is longer than it may be
   */
  send(request: HttpRequest, onSend: () => void, signal: AbortSignal): Promise<HttpResponse>
}

export function pathOf(target: string): string {
  const [path = target] = target.split('?', 1)
  return path
}
