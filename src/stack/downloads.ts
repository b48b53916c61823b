import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { runCommand } from './run-command.ts'
import { StackError } from './stack-error.ts'
import type { JavaToolchain } from './toolchain.ts'

const pomFile = fileURLToPath(new URL('../../stack/pom.xml', import.meta.url))
/** A slow line has to fetch some 160 MB. */
const downloadMs = 20 * 60_000

/** What `stack/pom.xml` brings, ready to run. */
export interface StackJars {
  /** Kafka's class path, as `java -cp` takes it. */
  readonly kafkaClassPath: string
  readonly registryJar: string
}

/**
 * Downloads broker and registry unless `folder` has them. Named after the POM's digest and moved into place whole, so
 * an interrupted or a second concurrent download leaves nothing half done.
 */
export async function downloadJars(
  folder: string,
  tools: JavaToolchain,
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<StackJars> {
  const target = await jarFolder(folder)
  if (!(await exists(target))) {
    progress('Downloading Apache Kafka and Apicurio Registry (about 200 MB, the first time only)…')
    await mkdir(folder, { recursive: true })
    const partial = await mkdtemp(join(folder, 'download-'))
    try {
      await runMaven(tools.maven, partial, signal)
      await requireComplete(partial)
      await moveIntoPlace(partial, target)
    } finally {
      await rm(partial, { recursive: true, force: true })
    }
  }
  return jarsIn(target)
}

async function jarFolder(folder: string): Promise<string> {
  const digest = createHash('sha256')
    .update(await readFile(pomFile))
    .digest('hex')
  return join(folder, `jars-${digest.slice(0, 12)}`)
}

function jarsIn(target: string): StackJars {
  return {
    kafkaClassPath: join(target, 'kafka', '*'),
    registryJar: join(target, 'registry', 'apicurio-registry-app-3.0.9-runner.jar'),
  }
}

async function runMaven(maven: string, folder: string, signal: AbortSignal): Promise<void> {
  const args = ['-B', '-q', '-ntp', '-f', pomFile, `-Dstack.dir=${folder}`, 'package']
  const { exitCode, stdout, stderr } = await runCommand(maven, args, { timeoutMs: downloadMs }, signal)
  if (exitCode === 0) return
  const said =
    `${stdout}\n${stderr}`.split('\n').find((line) => line.includes('[ERROR]')) ?? 'no reason given'
  throw new StackError(
    'STACK_DOWNLOAD_FAILED',
    `Maven could not download the broker and the registry: ${said.replace(/^.*\[ERROR\]\s*/, '')} Check the network and Maven's settings, then run it again.`,
  )
}

/** Maven's exit code says that nothing failed, not that everything is there. */
async function requireComplete(folder: string): Promise<void> {
  const jars = await readdir(join(folder, 'kafka')).catch((): string[] => [])
  if (jars.some((name) => name.startsWith('kafka_')) && (await exists(jarsIn(folder).registryJar))) return
  throw new StackError(
    'STACK_DOWNLOAD_FAILED',
    'Maven reported success but the broker or the registry is not among what it copied. Check its settings (an offline or filtering mirror), then run it again.',
  )
}

async function moveIntoPlace(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    // Another run may have been faster; the contents are the same.
    if (!(await exists(to))) throw error
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    return false
  }
}
