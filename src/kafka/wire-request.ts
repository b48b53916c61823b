import type { WireRequest } from 'kafkajs/src/cluster/index.js'

/** Which request of https://kafka.apache.org/protocol, in which version. */
export interface WireApi {
  readonly key: number
  readonly version: number
  readonly name: string
}

export interface WireAnswer<T> {
  readonly answers: T
  /** KIP-219; zero if the broker has waited itself. */
  readonly clientSideThrottleTime: number
}

/** A request in the form in which kafkajs's connections send their own; both bodies are without header. */
export function wireRequest<T>(
  { key, version, name }: WireApi,
  body: () => Buffer,
  read: (payload: Buffer) => WireAnswer<T>,
): WireRequest<T> {
  return {
    request: {
      apiKey: key,
      apiVersion: version,
      apiName: name,
      async encode() {
        const buffer = body()
        return { buf: buffer, buffer }
      },
    },
    response: {
      decode: async (payload) => read(payload),
      parse: async ({ answers }) => answers,
    },
  }
}
