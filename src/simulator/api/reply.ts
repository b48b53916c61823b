import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'

/** One HTTP answer, before its `Date`. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

export function jsonReply(status: number, body: string | Buffer): Reply {
  return { status, headers: { 'Content-Type': 'application/json;charset=utf-8' }, body }
}

const gzipAsync = promisify(gzip)
const zipped = new WeakMap<Reply, Promise<Buffer>>()

/** The body in gzip, made once for each reply. */
export function gzippedBody(reply: Reply): Promise<Buffer> {
  const known = zipped.get(reply)
  if (known !== undefined) return known
  const body = gzipAsync(reply.body, { level: constants.Z_BEST_SPEED })
  zipped.set(reply, body)
  return body
}
