import { composeDown, composeServices, composeUp } from './compose-stack.ts'
import { deleteJvmData, jvmDown, jvmServices, jvmUp } from './jvm-stack.ts'
import { loopback } from './ports.ts'
import { registryUrl } from './readiness.ts'
import { resolveOptions } from './stack-options.ts'
import type {
  ResolvedStackOptions,
  StackAddress,
  StackEngine,
  StackLocation,
  StackOptions,
  StackStatus,
} from './stack-options.ts'
import { readState } from './stack-state.ts'
import type { StackState } from './stack-state.ts'
import { dockerAnswers } from './toolchain.ts'

/**
 * A local Kafka and schema registry, up and answering when this resolves; they go on after this process. Does nothing
 * where they already run, and keeps the data of an earlier run in the same folder.
 *
 * @throws StackError `STACK_PORT_IN_USE`, `STACK_TOOLS_MISSING`, `STACK_DOWNLOAD_FAILED`, `STACK_START_FAILED`
 */
export async function stackUp(options: StackOptions, signal: AbortSignal): Promise<StackAddress> {
  const resolved = resolveOptions(options)
  const engine = await chooseEngine(resolved, signal)
  const state = engine === 'docker' ? await composeUp(resolved, signal) : await jvmUp(resolved, signal)
  const address = addressOf(state)
  if (wantsOtherPorts(options, state)) {
    resolved.progress(
      'It was already there on other ports than the ones asked for; stop it and delete its data to change them.',
    )
  }
  resolved.progress(`Kafka ${address.brokers.join(',')}, schema registry ${address.registryUrl}`)
  return address
}

/** Stops what `stackUp` started in that folder, and nothing else. `deleteData` also empties the folder. */
export async function stackDown(
  location: StackLocation & { readonly deleteData?: boolean },
  signal: AbortSignal,
): Promise<void> {
  const { folder, progress } = resolveOptions(location)
  const deleteData = location.deleteData ?? false
  const state = await readState(folder)
  if (state === undefined) progress('Nothing was started here.')
  else if (state.engine === 'docker') await composeDown(state, folder, deleteData, signal)
  else await jvmDown(state, folder, progress, signal)
  if (deleteData) await deleteJvmData(folder)
}

export async function stackStatus(location: StackLocation, signal: AbortSignal): Promise<StackStatus> {
  const { folder } = resolveOptions(location)
  const state = await readState(folder)
  if (state === undefined) return { state: 'down', services: [] }
  const services =
    state.engine === 'docker' ? await composeServices(state, signal) : await jvmServices(state, signal)
  const address = addressOf(state)
  if (services.every((service) => service.answers)) return { state: 'up', services, address }
  return { state: services.some((service) => service.running) ? 'partial' : 'down', services, address }
}

async function chooseEngine(options: ResolvedStackOptions, signal: AbortSignal): Promise<StackEngine> {
  if (options.engine !== undefined) return options.engine
  const started = await readState(options.folder)
  if (started !== undefined) return started.engine
  return options.brokers === 1 && (await dockerAnswers(signal)) ? 'docker' : 'jvm'
}

function wantsOtherPorts(options: StackOptions, state: StackState): boolean {
  const kafkaPort = state.engine === 'docker' ? state.kafkaPort : state.nodes[0]?.port
  return (
    (options.kafkaPort ?? kafkaPort) !== kafkaPort ||
    (options.registryPort ?? state.registryPort) !== state.registryPort
  )
}

function addressOf(state: StackState): StackAddress {
  const ports = state.engine === 'docker' ? [state.kafkaPort] : state.nodes.map((node) => node.port)
  return {
    engine: state.engine,
    brokers: ports.map((port) => `${loopback}:${port}`),
    registryUrl: registryUrl(state.registryPort),
  }
}
