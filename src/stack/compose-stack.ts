import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'

import { loopback } from './ports.ts'
import { kafkaAnswers, registryAnswers, waitUntilReady } from './readiness.ts'
import { runCommand } from './run-command.ts'
import type { CommandResult } from './run-command.ts'
import { StackError } from './stack-error.ts'
import type { ResolvedStackOptions, StackServiceStatus } from './stack-options.ts'
import { readState, removeState, writeState } from './stack-state.ts'
import type { DockerState } from './stack-state.ts'

const composeFile = fileURLToPath(new URL('../../docker-compose.yml', import.meta.url))
/** The first start pulls both images. */
const upMs = 15 * 60_000
const readyMs = 120_000

export async function composeUp(options: ResolvedStackOptions, signal: AbortSignal): Promise<DockerState> {
  const state = await knownState(options)
  options.progress(
    'Starting Kafka and the schema registry by Docker Compose (the first time pulls the images)…',
  )
  // Before the containers: an interrupted start must leave `down` something to go by.
  await writeState(options.folder, state)
  const { exitCode, stderr } = await compose(state, ['up', '--detach'], upMs, signal)
  if (exitCode !== 0) throw startFailed(state, stderr)
  await waitUntilReady(
    {
      what: 'The containers',
      timeoutMs: readyMs,
      logs: `docker compose -p ${state.project} logs`,
      ready: async (inner) =>
        (await kafkaAnswers(state.kafkaPort, 1, inner)) && (await registryAnswers(state.registryPort, inner)),
      alive: () => Promise.resolve(true),
    },
    signal,
  )
  return state
}

/** Containers are kept unless `deleteData`: the data is in them. */
export async function composeDown(
  state: DockerState,
  folder: string,
  deleteData: boolean,
  signal: AbortSignal,
): Promise<void> {
  const args = deleteData ? ['down', '--volumes'] : ['stop']
  const { exitCode, stderr } = await compose(state, args, 120_000, signal)
  if (exitCode !== 0) {
    throw new StackError(
      'STACK_STOP_FAILED',
      `Docker Compose could not stop ${state.project}: ${lastLine(stderr)} Is the Docker engine running?`,
    )
  }
  if (deleteData) await removeState(folder)
}

export async function composeServices(
  state: DockerState,
  signal: AbortSignal,
): Promise<StackServiceStatus[]> {
  const [kafka, registry] = await Promise.all([
    kafkaAnswers(state.kafkaPort, 1, signal),
    registryAnswers(state.registryPort, signal),
  ])
  const { stdout } = await compose(state, ['ps', '--services', '--status', 'running'], 20_000, signal)
  const running = new Set(stdout.split('\n').map((line) => line.trim()))
  const describe = (name: string, port: number, answers: boolean): StackServiceStatus => ({
    name,
    address: `${loopback}:${port}`,
    running: running.has(name),
    answers,
  })
  return [describe('kafka', state.kafkaPort, kafka), describe('registry', state.registryPort, registry)]
}

async function knownState(options: ResolvedStackOptions): Promise<DockerState> {
  const state = await readState(options.folder)
  if (state?.engine === 'docker') return state
  const { kafkaPort, registryPort } = options
  return { engine: 'docker', project: projectName(options.folder), kafkaPort, registryPort }
}

/** One project per folder, so that two stacks never share containers. */
function projectName(folder: string): string {
  return `listingstream-${createHash('sha256').update(folder).digest('hex').slice(0, 8)}`
}

async function compose(
  state: DockerState,
  args: readonly string[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<CommandResult> {
  const env = {
    ...process.env,
    LISTINGSTREAM_KAFKA_PORT: String(state.kafkaPort),
    LISTINGSTREAM_REGISTRY_PORT: String(state.registryPort),
  }
  const all = ['compose', '--file', composeFile, '--project-name', state.project, ...args]
  return await runCommand('docker', all, { timeoutMs, env }, signal)
}

function startFailed(state: DockerState, stderr: string): StackError {
  return new StackError(
    'STACK_START_FAILED',
    `Docker Compose could not start Kafka on port ${state.kafkaPort} and the schema registry on port ${state.registryPort}: ${lastLine(stderr)} If a port is taken, choose others with --kafka-port and --registry-port.`,
  )
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
