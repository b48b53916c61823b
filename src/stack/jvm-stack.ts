import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { downloadJars } from './downloads.ts'
import type { StackJars } from './downloads.ts'
import { isRunning, startDetached, stopDetached } from './detached-process.ts'
import type { DetachedCommand } from './detached-process.ts'
import { clusterOf } from './kafka-cluster.ts'
import { kafkaProperties } from './kafka-config.ts'
import type { KafkaNode } from './kafka-config.ts'
import { freePort, loopback, requireFreePort } from './ports.ts'
import { kafkaAnswers, registryAnswers, waitUntilReady } from './readiness.ts'
import { runCommand } from './run-command.ts'
import { StackError } from './stack-error.ts'
import type { ResolvedStackOptions, StackServiceStatus } from './stack-options.ts'
import { readState, removeState, writeState } from './stack-state.ts'
import type { JvmState } from './stack-state.ts'
import { findJavaToolchain } from './toolchain.ts'

const log4jFile = fileURLToPath(new URL('../../stack/log4j2.properties', import.meta.url))
const startMs = 90_000
const stopMs = 30_000
const registryName = 'registry'

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
  let state = before
  const start = async (name: string, command: DetachedCommand): Promise<void> => {
    if (running.has(name)) return
    options.progress(`Starting ${name}…`)
    const process = await startDetached(command, signal)
    state = { ...state, processes: { ...state.processes, [name]: process } }
    await writeState(options.folder, state)
  }
  try {
    await start(registryName, registryCommand(tools.java, jars, state.registryPort, options))
    for (const node of state.nodes) {
      if (running.has(kafkaName(node))) continue
      await formatNode(tools.java, jars, node, state.nodes, options, signal)
      await start(kafkaName(node), kafkaCommand(tools.java, jars, node, options))
    }
    await Promise.all([
      ...state.nodes.map((node) => waitForNode(node, state, options, signal)),
      waitForRegistry(state, options, signal),
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

async function formatNode(
  java: string,
  jars: StackJars,
  node: KafkaNode,
  nodes: readonly KafkaNode[],
  options: ResolvedStackOptions,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(options.folder, { recursive: true })
  await writeFile(propertiesFile(options.folder, node), kafkaProperties(node, nodes, options.folder))
  const cluster = await clusterOf(options.folder, nodes.length)
  const tool = ['-Xmx128m', `-Dlog4j2.configurationFile=${log4jFile}`, '-cp', jars.kafkaClassPath]
  const args = [
    ...tool,
    'kafka.tools.StorageTool',
    'format',
    '--ignore-formatted',
    '-t',
    cluster.id,
    '-c',
    propertiesFile(options.folder, node),
  ]
  const { exitCode, stdout, stderr } = await runCommand(java, args, { timeoutMs: startMs }, signal)
  if (exitCode === 0) return
  throw new StackError(
    'STACK_START_FAILED',
    `Kafka's storage in ${options.folder} cannot be prepared: ${(stderr + stdout).trim().slice(0, 500)} If its data is not needed, delete that folder and start again.`,
  )
}

function kafkaCommand(
  java: string,
  jars: StackJars,
  node: KafkaNode,
  options: ResolvedStackOptions,
): DetachedCommand {
  const heap = [`-Xms${Math.min(256, options.kafkaHeapMb)}m`, `-Xmx${options.kafkaHeapMb}m`]
  const jvm = ['-XX:+UseG1GC', '-XX:+ExitOnOutOfMemoryError', '-Djava.awt.headless=true']
  const classes = [`-Dlog4j2.configurationFile=${log4jFile}`, '-cp', jars.kafkaClassPath]
  return {
    file: java,
    args: [...heap, ...jvm, ...classes, 'kafka.Kafka', propertiesFile(options.folder, node)],
    logFile: logFile(options.folder, kafkaName(node)),
  }
}

function registryCommand(
  java: string,
  jars: StackJars,
  port: number,
  options: ResolvedStackOptions,
): DetachedCommand {
  const settings = [
    `-Dquarkus.http.host=${loopback}`,
    `-Dquarkus.http.port=${port}`,
    '-Dquarkus.log.level=WARN',
    '-Dquarkus.log.category."io.apicurio".level=WARN',
    '-Dquarkus.http.access-log.enabled=false',
    '-Dapicurio.storage.kind=sql',
    // On disk beside Kafka's logs: the ids in the topics have to mean the same after a restart.
    `-Dapicurio.datasource.url=jdbc:h2:file:${join(options.folder, registryName, 'registry')}`,
  ]
  return {
    file: java,
    args: ['-Xmx384m', '-Djava.awt.headless=true', ...settings, '-jar', jars.registryJar],
    logFile: logFile(options.folder, registryName),
  }
}

async function waitForNode(
  node: KafkaNode,
  state: JvmState,
  options: ResolvedStackOptions,
  signal: AbortSignal,
): Promise<void> {
  const name = kafkaName(node)
  await waitUntilReady(
    {
      what: `The Kafka broker on port ${node.port}`,
      timeoutMs: startMs,
      logs: logFile(options.folder, name),
      ready: (inner) => kafkaAnswers(node.port, state.nodes.length, inner),
      alive: (inner) => alive(state, name, inner),
    },
    signal,
  )
}

async function waitForRegistry(
  state: JvmState,
  options: ResolvedStackOptions,
  signal: AbortSignal,
): Promise<void> {
  await waitUntilReady(
    {
      what: `The schema registry on port ${state.registryPort}`,
      timeoutMs: startMs,
      logs: logFile(options.folder, registryName),
      ready: (inner) => registryAnswers(state.registryPort, inner),
      alive: (inner) => alive(state, registryName, inner),
    },
    signal,
  )
}

async function alive(state: JvmState, name: string, signal: AbortSignal): Promise<boolean> {
  const process = state.processes[name]
  return process !== undefined && (await isRunning(process, signal))
}

/** The data of a stopped stack. */
export async function deleteJvmData(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
}

function kafkaName(node: KafkaNode): string {
  return `kafka-${node.id}`
}

function propertiesFile(folder: string, node: KafkaNode): string {
  return join(folder, `${kafkaName(node)}.properties`)
}

function logFile(folder: string, name: string): string {
  return join(folder, 'logs', `${name}.log`)
}
