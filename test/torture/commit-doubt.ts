/**
 * Reads the Kafka protocol that passes a proxy, as far as it must: loses the answer to a commit, then has the broker
 * refuse what a client asks to find out what became of it. Layouts of kafkajs's versions, none of them flexible.
 */
import type { ProxyTap, TapVerdict } from './tcp-proxy.ts'

const API = { listOffsets: 2, findCoordinator: 10, initProducerId: 22, endTxn: 26 } as const

export const REFUSALS = {
  'no right to the transactional id': { api: API.initProducerId, code: 53 },
  'broker error -1 for the producer id': { api: API.initProducerId, code: -1 },
  'no right to the coordinator': { api: API.findCoordinator, code: 53 },
  'no right to the topic': { api: API.listOffsets, code: 29 },
  'topic unknown': { api: API.listOffsets, code: 3 },
  'an answer that the client cannot read': { api: API.initProducerId, code: undefined },
} as const
export type Refusal = keyof typeof REFUSALS

interface Asked {
  readonly api: number
  readonly version: number
}

/** One for all connections of a cluster. */
export class CommitDoubt {
  #armed = false
  #refusal: Refusal | undefined
  #left = 0
  #doubts = 0
  #refused = 0

  /** The next commit's answer is lost; after that so many questions are refused. */
  arm(refusal: Refusal, times: number): void {
    this.#armed = true
    this.#refusal = refusal
    this.#left = times
  }

  disarm(): void {
    this.#armed = false
    this.#left = 0
  }

  /** Commits whose answers were lost, and questions that were refused. */
  get happened(): { readonly doubts: number; readonly refused: number } {
    return { doubts: this.#doubts, refused: this.#refused }
  }

  readonly newTap = (): ProxyTap => {
    const asked = new Map<number, Asked>()
    const requests = new Frames()
    const replies = new Frames()
    return {
      request: (chunk) => {
        for (const frame of requests.add(chunk)) {
          asked.set(frame.readInt32BE(8), { api: frame.readInt16BE(4), version: frame.readInt16BE(6) })
        }
      },
      reply: (chunk) => {
        const passed: Buffer[] = []
        for (const frame of replies.add(chunk)) {
          const correlation = frame.readInt32BE(4)
          const verdict = this.#judge(asked.get(correlation), frame)
          asked.delete(correlation)
          if (verdict === 'cut') return 'cut'
          passed.push(verdict)
        }
        return Buffer.concat(passed)
      },
    }
  }

  #judge(asked: Asked | undefined, frame: Buffer): TapVerdict {
    if (asked?.api === API.endTxn && this.#armed) {
      this.#armed = false
      this.#doubts += 1
      return 'cut'
    }
    if (this.#armed || this.#left === 0 || this.#refusal === undefined) return frame
    const { api, code } = REFUSALS[this.#refusal]
    if (asked?.api !== api) return frame
    const at = api === API.listOffsets ? firstPartitionError(frame) : AFTER_THROTTLE
    if (at + 2 > frame.length) return frame
    this.#left -= 1
    this.#refused += 1
    if (code === undefined) return cutShort(frame)
    const refused = Buffer.from(frame)
    refused.writeInt16BE(code, at)
    return refused
  }
}

/** Length, correlation id, throttle time. */
const AFTER_THROTTLE = 12

/** `throttle [topic [partition error …]]` from version 2 on. */
function firstPartitionError(frame: Buffer): number {
  const nameAt = AFTER_THROTTLE + 4
  if (nameAt + 2 > frame.length) return frame.length
  return nameAt + 2 + frame.readInt16BE(nameAt) + 4 + 4
}

/** The answer ends in the middle of a number. */
function cutShort(frame: Buffer): Buffer {
  const short = Buffer.from(frame.subarray(0, AFTER_THROTTLE - 2))
  short.writeInt32BE(short.length - 4, 0)
  return short
}

/** A stream of `length bytes`, cut anywhere. */
class Frames {
  #rest: Buffer = Buffer.alloc(0)

  /** The whole ones, so far. */
  add(chunk: Buffer): readonly Buffer[] {
    const frames: Buffer[] = []
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    while (this.#rest.length >= 4) {
      const length = 4 + this.#rest.readInt32BE(0)
      if (this.#rest.length < length) break
      frames.push(this.#rest.subarray(0, length))
      this.#rest = this.#rest.subarray(length)
    }
    return frames
  }
}
