/** A Kafka and a registry of the bench's own, with a breakable network before them and brokers that can be killed. */
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import {
  isRunning,
  startDetached,
  stopDetached,
  type DetachedProcess,
} from '../../src/stack/detached-process.ts'
import { kafkaAnswers } from '../../src/stack/readiness.ts'
import { freePort } from '../../src/stack/ports.ts'
import { stackDown, stackUp } from '../../src/stack/stack.ts'
import { readState, writeState, type JvmState } from '../../src/stack/stack-state.ts'
import { sleep } from '../../src/support/abort.ts'
import { TcpProxy } from './tcp-proxy.ts'

const DOWNLOADS = resolve('.stack')
const FOLDER_NAME = /^torture-(\d+)-\d+(?:-\d+)?$/
const DOWN_MS = 60_000
const START_MS = 180_000
const POLL_MS = 50

interface Broker {
  readonly name: string
  readonly command: readonly string[]
  readonly logFile: string
  readonly publicPort: number
  process: DetachedProcess
}

/** What the broker must do quickly here: notice a dead peer, end a transaction that is too old. */
const QUICK = {
  'broker.session.timeout.ms': 5_000,
  'broker.heartbeat.interval.ms': 1_000,
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': 200,
}

export class TortureCluster implements AsyncDisposable {
  /** Through the proxies, as the program sees it. */
  readonly brokers: readonly string[]
  readonly registryUrl: string
  /** Past the proxies, for the checker. */
  readonly directBrokers: readonly string[]
  readonly directRegistryUrl: string
  readonly proxies: readonly TcpProxy[]
  readonly registryProxy: TcpProxy
  readonly #folder: string
  readonly #brokers: readonly Broker[]

  private constructor(parts: {
    readonly folder: string
    readonly brokers: readonly Broker[]
    readonly internalPorts: readonly number[]
    readonly registryPort: number
    readonly proxies: readonly TcpProxy[]
    readonly registryProxy: TcpProxy
  }) {
    this.#folder = parts.folder
    this.#brokers = parts.brokers
    this.proxies = parts.proxies
    this.registryProxy = parts.registryProxy
    this.brokers = parts.proxies.map(({ port }) => `127.0.0.1:${port}`)
    this.directBrokers = parts.internalPorts.map((port) => `127.0.0.1:${port}`)
    this.registryUrl = registryUrl(parts.registryProxy.port)
    this.directRegistryUrl = registryUrl(parts.registryPort)
  }

  /** @param lane of those that this process has side by side */
  static async start(
    count: number,
    say: (line: string) => void,
    signal: AbortSignal,
    lane = 1,
  ): Promise<TortureCluster> {
    const folder = join(DOWNLOADS, `torture-${process.pid}-${count}-${lane}`)
    const registryPort = await freePort()
    try {
      await stackUp(
        {
          folder,
          downloads: DOWNLOADS,
          kafkaPort: await freePorts(count),
          registryPort,
          brokers: count,
          kafkaHeapMb: 400,
          engine: 'jvm',
          progress: say,
        },
        signal,
      )
      return await TortureCluster.#rewire(folder, registryPort, signal)
    } catch (error) {
      await stackDown({ folder, deleteData: true }, AbortSignal.timeout(DOWN_MS))
      throw error
    }
  }

  /** Starts the brokers again with the proxies as their advertised addresses and a listener of their own behind them. */
  static async #rewire(folder: string, registryPort: number, signal: AbortSignal): Promise<TortureCluster> {
    const state = await jvmState(folder)
    const brokers: Broker[] = []
    const proxies: TcpProxy[] = []
    const internalPorts: number[] = []
    for (const { id, port, controllerPort } of state.nodes) {
      const name = `kafka-${id}`
      const process = state.processes[name]
      if (process === undefined) throw new Error(`${name} was not started.`)
      const command = await commandLine(process.pid)
      await stopDetached(process, 0, signal)
      const proxy = await TcpProxy.listen(port)
      const internal = await freePort()
      const file = join(folder, `${name}.properties`)
      const settings = {
        ...QUICK,
        listeners: `PLAINTEXT://127.0.0.1:${port},INTERNAL://127.0.0.1:${internal},CONTROLLER://127.0.0.1:${controllerPort}`,
        'advertised.listeners': `PLAINTEXT://127.0.0.1:${proxy.port},INTERNAL://127.0.0.1:${internal}`,
        'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
        'inter.broker.listener.name': 'INTERNAL',
      }
      await writeFile(file, withSettings(await readFile(file, 'utf8'), settings))
      proxies.push(proxy)
      internalPorts.push(internal)
      brokers.push({
        name,
        command,
        logFile: join(folder, 'logs', `${name}.log`),
        publicPort: port,
        process,
      })
    }
    const registryProxy = await TcpProxy.listen(registryPort)
    const cluster = new TortureCluster({
      folder,
      brokers,
      internalPorts,
      registryPort,
      proxies,
      registryProxy,
    })
    for (const index of brokers.keys()) await cluster.startBroker(index, signal)
    await cluster.ready(signal)
    return cluster
  }

  get size(): number {
    return this.#brokers.length
  }

  async killBroker(index: number, signal: AbortSignal): Promise<void> {
    process.kill(this.#broker(index).process.pid, 'SIGKILL')
    await this.#gone(index, signal)
  }

  /** A controlled shutdown, as a rolling restart does it. */
  async stopBroker(index: number, signal: AbortSignal): Promise<void> {
    await stopDetached(this.#broker(index).process, 20_000, signal)
  }

  async startBroker(index: number, signal: AbortSignal): Promise<void> {
    const broker = this.#broker(index)
    const [file = '', ...args] = broker.command
    broker.process = await startDetached({ file, args, logFile: broker.logFile }, signal)
    const state = await jvmState(this.#folder)
    await writeState(this.#folder, {
      ...state,
      processes: { ...state.processes, [broker.name]: broker.process },
    })
  }

  /**
   * Resolves when every broker that should run answers; starts those that do not run, and all of them anew, once, where they do not
   * come up in time: a busy machine is no finding.
   */
  async ready(signal: AbortSignal): Promise<void> {
    const isUp = await this.#answers(signal).then(
      () => true,
      (error: unknown) => {
        if (signal.aborted || !isTimeout(error)) throw error
        return false
      },
    )
    if (isUp) return
    for (const { process } of this.#brokers) await stopDetached(process, 0, AbortSignal.timeout(DOWN_MS))
    await this.#answers(signal)
  }

  async #answers(signal: AbortSignal): Promise<void> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(START_MS)])
    // All of them first: none answers for a whole cluster before the others run.
    for (const [index, { process }] of this.#brokers.entries()) {
      if (!(await isRunning(process, signal))) await this.startBroker(index, signal)
    }
    for (const { publicPort } of this.#brokers) {
      while (!(await kafkaAnswers(publicPort, this.size, limit))) await sleep(POLL_MS, limit)
    }
  }

  heal(): void {
    for (const proxy of [...this.proxies, this.registryProxy]) proxy.heal()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const proxy of [...this.proxies, this.registryProxy]) await proxy[Symbol.asyncDispose]()
    for (const { process: broker } of this.#brokers) {
      await stopDetached(broker, 0, AbortSignal.timeout(DOWN_MS))
    }
    await stackDown({ folder: this.#folder, deleteData: true }, AbortSignal.timeout(DOWN_MS))
  }

  async #gone(index: number, signal: AbortSignal): Promise<void> {
    while (await isRunning(this.#broker(index).process, signal)) await sleep(20, signal)
  }

  #broker(index: number): Broker {
    const broker = this.#brokers[index]
    if (broker === undefined) throw new Error(`There is no broker ${index}.`)
    return broker
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError'
}

/** A bench that was killed could not stop its own. */
export async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(DOWNLOADS).catch(() => [])) {
    const pid = Number(FOLDER_NAME.exec(name)?.[1] ?? Number.NaN)
    if (Number.isNaN(pid) || isAlive(pid)) continue
    await stackDown({ folder: join(DOWNLOADS, name), deleteData: true }, AbortSignal.timeout(DOWN_MS))
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function jvmState(folder: string): Promise<JvmState> {
  const state = await readState(folder)
  if (state?.engine !== 'jvm') throw new Error(`There is no JVM stack in ${folder}.`)
  return state
}

/** proc_pid_cmdline(5). */
async function commandLine(pid: number): Promise<readonly string[]> {
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').slice(0, -1)
}

function withSettings(properties: string, settings: Readonly<Record<string, string | number>>): string {
  const kept = properties.split('\n').filter((line) => !((line.split('=')[0] ?? '') in settings))
  return [...kept, ...Object.entries(settings).map(([name, value]) => `${name}=${value}`), ''].join('\n')
}

/** The first of some ports in a row that were free a moment ago. */
async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = await freePort()
    try {
      for (let i = 1; i < count; i += 1) {
        await using _held = await TcpProxy.listen(0, first + i)
      }
      return first
    } catch {
      // The next one is taken: elsewhere.
    }
  }
}

function registryUrl(port: number): string {
  return `http://127.0.0.1:${port}/apis/ccompat/v7`
}
