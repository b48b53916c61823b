/** As much of `fetch` as the callers here need, so that another way out of the network can take its place. */
export type HttpFetch = (url: string, request: HttpFetchRequest) => Promise<HttpFetchAnswer>

interface HttpFetchRequest {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body?: string
  /** A redirect is an answer like any other. */
  readonly redirect: 'manual'
  readonly signal: AbortSignal
}

export interface HttpFetchAnswer {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  /** To be read to its end, or left by the caller: its connection is then closed. */
  readonly body: AsyncIterable<Uint8Array> | null
}

/** The whole body as text; of a `limit` in bytes. */
export async function boundedText({ body }: HttpFetchAnswer, limit: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > limit) throw new RangeError('The answer is too long.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
