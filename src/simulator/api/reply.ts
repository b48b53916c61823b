import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'

/** One HTTP answer, before its `Date`. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
  /** `body` is in gzip already. @default false */
  readonly isGzipped?: boolean
}

export function jsonReply(status: number, body: string | Buffer): Reply {
  return { status, headers: { 'Content-Type': 'application/json;charset=utf-8' }, body }
}

const gzipAsync = promisify(gzip)

export async function gzipped(reply: Reply): Promise<Reply> {
  if (reply.isGzipped === true) return reply
  const body = await gzipAsync(reply.body, { level: constants.Z_BEST_SPEED })
  return { ...reply, body, isGzipped: true }
}
