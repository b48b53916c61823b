import { rm } from 'node:fs/promises'

import { downloadJars } from './downloads.ts'
import { isRunning, startDetached, stopDetached } from './detached-process.ts'
import type { DetachedCommand } from './detached-process.ts'
import { formatNode } from './format-node.ts'
import { kafkaCommand, kafkaName, logFile, registryCommand, registryName } from './jvm-commands.ts'
import type { KafkaNode } from './kafka-config.ts'
import { freePort, loopback, requireFreePort } from './ports.ts'
import { kafkaAnswers, registryAnswers, waitUntilReady, type Wait } from './readiness.ts'
import type { ResolvedStackOptions, StackServiceStatus } from './stack-options.ts'
import { readState, removeState, writeState } from './stack-state.ts'
import type { JvmState } from './stack-state.ts'
import { findJavaToolchain } from './toolchain.ts'

const startMs = 90_000
const stopMs = 30_000

/** Brings up what is not running yet. What this call started is stopped again when it fails. */
export async function jvmUp(options: ResolvedStackOptions, signal: AbortSignal): Promise<JvmState> {
  const tools = await findJavaToolchain(signal)
  const before = await knownState(options, signal)
  const running = await runningServices(before, signal)
  for (const node of before.nodes) {
    if (!running.has(kafkaName(node))) await requireFreePort(node.port, 'Kafka broker', '--kafka-port')
  }
  if (!running.has(registryName)) {
    await requireFreePort(before.registryPort, 'schema registry', '--registry-port')
  }
  const jars = await downloadJars(options.downloads, tools, options.progress, signal)
  const runtime = { ...options, java: tools.java, jars }
  let state = before
  const start = async (name: string, command: DetachedCommand): Promise<void> => {
    if (running.has(name)) return
    options.progress(`Starting ${name}…`)
    const process = await startDetached(command, signal)
    state = { ...state, processes: { ...state.processes, [name]: process } }
    await writeState(options.folder, state)
  }
  try {
    await start(registryName, registryCommand(runtime, state.registryPort))
    for (const node of state.nodes) {
      if (running.has(kafkaName(node))) continue
      await formatNode(runtime, node, state.nodes, signal)
      await start(kafkaName(node), kafkaCommand(runtime, node))
    }
    await Promise.all([
      ...state.nodes.map((node) => waitForNode(node, state, options.folder, signal)),
      waitForRegistry(state, options.folder, signal),
    ])
  } catch (error) {
    await undo(options, before, state, running)
    throw error
  }
  return state
}

export async function jvmDown(
  state: JvmState,
  folder: string,
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    Object.entries(state.processes).map(async ([name, process]) => {
      await stopDetached(process, stopMs, signal)
      progress(`Stopped ${name}.`)
    }),
  )
  await removeState(folder)
}

export async function jvmServices(state: JvmState, signal: AbortSignal): Promise<StackServiceStatus[]> {
  const running = await runningServices(state, signal)
  const describe = async (
    name: string,
    port: number,
    answers: () => Promise<boolean>,
  ): Promise<StackServiceStatus> => {
    const pid = state.processes[name]?.pid
    const base = { name, address: `${loopback}:${port}`, ...(pid === undefined ? {} : { pid }) }
    const isUp = running.has(name)
    return { ...base, running: isUp, answers: isUp && (await answers()) }
  }
  return await Promise.all([
    ...state.nodes.map((node) =>
      describe(kafkaName(node), node.port, () => kafkaAnswers(node.port, 1, signal)),
    ),
    describe(registryName, state.registryPort, () => registryAnswers(state.registryPort, signal)),
  ])
}

/** The state of the folder if anything of it still runs, else a new one from the options. */
async function knownState(options: ResolvedStackOptions, signal: AbortSignal): Promise<JvmState> {
  const state = await readState(options.folder)
  if (state?.engine === 'jvm' && (await runningServices(state, signal)).size > 0) return state
  const nodes: KafkaNode[] = []
  for (let index = 0; index < options.brokers; index += 1) {
    nodes.push({ id: index + 1, port: options.kafkaPort + index, controllerPort: await freePort() })
  }
  return { engine: 'jvm', nodes, registryPort: options.registryPort, processes: {} }
}

async function runningServices(state: JvmState, signal: AbortSignal): Promise<Set<string>> {
  const running = new Set<string>()
  for (const [name, process] of Object.entries(state.processes)) {
    if (await isRunning(process, signal)) running.add(name)
  }
  return running
}

/** Not cancellable: it is what has to happen when the caller gives up. */
async function undo(
  options: ResolvedStackOptions,
  before: JvmState,
  state: JvmState,
  running: ReadonlySet<string>,
): Promise<void> {
  const limit = AbortSignal.timeout(stopMs + 10_000)
  for (const [name, process] of Object.entries(state.processes)) {
    if (!running.has(name)) await stopDetached(process, 5_000, limit)
  }
  if (running.size === 0) await removeState(options.folder)
  else await writeState(options.folder, before)
}

async function waitForNode(
  node: KafkaNode,
  state: JvmState,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const what = `The Kafka broker on port ${node.port}`
  const ready = (inner: AbortSignal): Promise<boolean> => kafkaAnswers(node.port, state.nodes.length, inner)
  await waitForService({ name: kafkaName(node), what, ready }, state, folder, signal)
}

async function waitForRegistry(state: JvmState, folder: string, signal: AbortSignal): Promise<void> {
  const what = `The schema registry on port ${state.registryPort}`
  const ready = (inner: AbortSignal): Promise<boolean> => registryAnswers(state.registryPort, inner)
  await waitForService({ name: registryName, what, ready }, state, folder, signal)
}

async function waitForService(
  { name, ...wait }: Pick<Wait, 'what' | 'ready'> & { readonly name: string },
  state: JvmState,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const process = state.processes[name]
  const alive = async (inner: AbortSignal): Promise<boolean> =>
    process !== undefined && (await isRunning(process, inner))
  await waitUntilReady({ ...wait, timeoutMs: startMs, logs: logFile(folder, name), alive }, signal)
}

/** The data of a stopped stack. */
export async function deleteJvmData(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
}
