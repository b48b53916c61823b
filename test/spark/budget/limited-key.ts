import { instant } from '../../../src/domain/instant.ts'
import type { BudgetWatcher } from '../../../src/domain/request-budget.ts'
import type { RequestPurpose } from '../../../src/domain/request-purpose.ts'
import { RequestLimiter } from '../../../src/spark/budget/request-limiter.ts'
import type { HttpRequest, HttpResponse, Transport } from '../../../src/spark/transport.ts'
import type { Timer } from '../../../src/support/timer.ts'
import { virtualTimer } from '../../fixtures/virtual-timer.ts'
import type { Reply } from '../scripted-api.ts'

export const WINDOW_MS = 60_000

/** One that waits, and then goes to the source or leaves. */
export type KeyEvent =
  | {
      readonly kind: 'asked' | 'left'
      readonly purpose: RequestPurpose
      readonly id: string
      readonly at: number
    }
  | {
      readonly kind: 'sent' | 'answered'
      readonly purpose: RequestPurpose
      readonly id: string
      readonly at: number
      readonly status?: number
    }

interface Source {
  /** Of the answer to a request that is sent at this time. */
  readonly latencyMs: (id: string) => number
  readonly reply: (id: string, at: number) => Reply
}

/** What a limiter does in front of a source that is made up, in virtual time. */
export class LimitedKey {
  readonly timer: Timer
  readonly limiter: RequestLimiter
  readonly events: KeyEvent[] = []
  readonly told: (readonly [granted: number, limit: number])[] = []
  readonly waits: { readonly purpose: RequestPurpose; readonly waited: number }[] = []
  readonly toldToWait: { readonly purpose: RequestPurpose; readonly wait: number }[] = []
  /** Sleeps under way: of the limiter, of answers and of the test. */
  sleeping = 0

  /** @param virtual another one's, where two keys are one */
  constructor(
    rate: number,
    { latencyMs = () => 0, reply = () => ({ status: 200 }) }: Partial<Source> = {},
    virtual: Timer = virtualTimer(),
  ) {
    this.timer = {
      monotonic: virtual.monotonic,
      sleep: async (ms, signal) => {
        this.sleeping += 1
        await virtual.sleep(ms, signal).finally(() => (this.sleeping -= 1))
      },
    }
    const watcher: BudgetWatcher = {
      sent: (purpose, waited) => this.waits.push({ purpose, waited }),
      waits: (purpose, wait) => this.toldToWait.push({ purpose, wait }),
      granted: (granted, limit) => this.told.push([granted, limit]),
    }
    this.limiter = new RequestLimiter({
      transport: this.#source({ latencyMs, reply }),
      rate,
      windowMs: WINDOW_MS,
      timer: this.timer,
      now: () => instant(this.now),
      watcher,
    })
  }

  get now(): number {
    return this.timer.monotonic()
  }

  get sent(): readonly KeyEvent[] {
    return this.events.filter(({ kind }) => kind === 'sent')
  }

  async ask(id: string, purpose: RequestPurpose, signal: AbortSignal = NEVER): Promise<HttpResponse> {
    this.events.push({ kind: 'asked', id, purpose, at: this.now })
    const leave = (): void => void this.events.push({ kind: 'left', id, purpose, at: this.now })
    signal.addEventListener('abort', leave, { once: true })
    const onSend = (): void => {
      signal.removeEventListener('abort', leave)
      this.events.push({ kind: 'sent', id, purpose, at: this.now })
    }
    return await this.limiter.send(requestOf(id, purpose), onSend, signal)
  }

  #source({ latencyMs, reply }: Source): Transport & AsyncDisposable {
    return {
      host: 'api.example',
      send: async ({ target: id, purpose }, onSend, signal) => {
        onSend()
        const { status = 200, headers = {}, body = '' } = reply(id, this.now)
        const latency = latencyMs(id)
        if (latency > 0) await this.timer.sleep(latency, signal)
        this.events.push({ kind: 'answered', id, purpose, at: this.now, status })
        const bytes = Buffer.from(body)
        return { status, body: bytes, bytes: bytes.length, header: (name) => headers[name] }
      },
      [Symbol.asyncDispose]: async () => undefined,
    }
  }
}

export const NEVER = new AbortController().signal

function requestOf(target: string, purpose: RequestPurpose): HttpRequest {
  return { purpose, method: 'GET', target, headers: {}, body: undefined, largestBody: 1_000 }
}

/** The most that lie in one window, which includes its beginning and not its end. */
export function mostInWindow(times: readonly number[], windowMs = WINDOW_MS): number {
  const sorted = times.toSorted((a, b) => a - b)
  let most = 0
  let first = 0
  for (const [i, at] of sorted.entries()) {
    while ((sorted[first] ?? at) <= at - windowMs) first += 1
    most = Math.max(most, i - first + 1)
  }
  return most
}
