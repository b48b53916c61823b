import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DockerComposeEnvironment, Wait } from 'testcontainers'
import type { TestProject } from 'vitest/node'

import { downloadJars } from '../../src/stack/downloads.ts'
import { freePort, loopback } from '../../src/stack/ports.ts'
import { registryUrl } from '../../src/stack/readiness.ts'
import { stackDown, stackUp } from '../../src/stack/stack.ts'
import { dockerAnswers, findJavaToolchain } from '../../src/stack/toolchain.ts'
import type { TestStack } from './test-stack.ts'

type Started = readonly [stack: TestStack, stop: () => Promise<void>]

const root = join(import.meta.dirname, '../..')
const downloads = join(root, '.stack')
const upMs = 20 * 60_000
const downMs = 60_000

/**
 * One broker and one registry for the whole run, on ports and in a folder of its own. `LISTINGSTREAM_TEST_KAFKA` and
 * `LISTINGSTREAM_TEST_REGISTRY` name running ones to be used instead, for fast local loops.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const signal = AbortSignal.timeout(upMs)
  const [stack, stop] = await start(signal)
  project.provide('stack', stack)
  return stop
}

async function start(signal: AbortSignal): Promise<Started> {
  const kafka = process.env['LISTINGSTREAM_TEST_KAFKA']
  const registry = process.env['LISTINGSTREAM_TEST_REGISTRY']
  if ((kafka === undefined) !== (registry === undefined)) {
    throw new Error('Set both LISTINGSTREAM_TEST_KAFKA and LISTINGSTREAM_TEST_REGISTRY, or neither.')
  }
  if (kafka !== undefined && registry !== undefined) {
    return [await onJvm(kafka.split(','), registry, signal), () => Promise.resolve()]
  }
  return (await dockerAnswers(signal)) ? await startContainers() : await startProcesses(signal)
}

async function startProcesses(signal: AbortSignal): Promise<Started> {
  await stopLeftovers(signal)
  const folder = join(downloads, `test-${process.pid}`)
  const { brokers, registryUrl } = await stackUp(
    {
      folder,
      downloads,
      kafkaPort: await freePort(),
      registryPort: await freePort(),
      engine: 'jvm',
      progress: (line) => process.stderr.write(`${line}\n`),
    },
    signal,
  )
  const stop = (): Promise<void> => stackDown({ folder, deleteData: true }, AbortSignal.timeout(downMs))
  return [await onJvm(brokers, registryUrl, signal), stop]
}

async function startContainers(): Promise<Started> {
  const kafkaPort = await freePort()
  const registryPort = await freePort()
  const containers = await new DockerComposeEnvironment(root, 'docker-compose.yml')
    .withEnvironment({
      LISTINGSTREAM_KAFKA_PORT: String(kafkaPort),
      LISTINGSTREAM_REGISTRY_PORT: String(registryPort),
    })
    .withDefaultWaitStrategy(Wait.forHealthCheck())
    .up()
  const container = containers.getContainer('kafka-1').getId()
  const script = '/opt/kafka/bin/kafka-console-consumer.sh'
  const stack: TestStack = {
    brokers: [`${loopback}:${kafkaPort}`],
    registryUrl: registryUrl(registryPort),
    consoleConsumer: { command: ['docker', 'exec', container, script], bootstrap: 'kafka:19092' },
  }
  return [
    stack,
    async () => {
      await containers.down()
    },
  ]
}

async function onJvm(brokers: readonly string[], registry: string, signal: AbortSignal): Promise<TestStack> {
  const tools = await findJavaToolchain(signal)
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  const jars = await downloadJars(downloads, tools, say, signal)
  const main = 'org.apache.kafka.tools.consumer.ConsoleConsumer'
  return {
    brokers,
    registryUrl: registry,
    consoleConsumer: {
      command: [tools.java, '-Xmx128m', '-cp', jars.kafkaClassPath, main],
      bootstrap: brokers.join(','),
    },
  }
}

/** A run that was killed could not stop its own. */
async function stopLeftovers(signal: AbortSignal): Promise<void> {
  const names = await readdir(downloads).catch(() => [])
  for (const name of names) {
    const pid = /^test-(\d+)$/.exec(name)?.[1]
    if (pid === undefined || isAlive(Number(pid))) continue
    await stackDown({ folder: join(downloads, name), deleteData: true }, signal)
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
