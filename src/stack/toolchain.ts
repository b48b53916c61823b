import { join } from 'node:path'

import { runCommand } from './run-command.ts'
import { StackError } from './stack-error.ts'

const oldestJava = 17
const askMs = 10_000

export interface JavaToolchain {
  readonly java: string
  readonly maven: string
}

/** Whether a Docker engine answers and has Compose. A client without an engine is common, and hangs at worst. */
export async function dockerAnswers(signal: AbortSignal): Promise<boolean> {
  const asks = [
    ['info', '--format', '{{.ServerVersion}}'],
    ['compose', 'version', '--short'],
  ]
  for (const args of asks) {
    const { exitCode, stdout } = await runCommand('docker', args, { timeoutMs: askMs }, signal)
    if (exitCode !== 0 || stdout.trim() === '') return false
  }
  return true
}

/** @throws StackError `STACK_TOOLS_MISSING`, saying what to install. */
export async function findJavaToolchain(signal: AbortSignal): Promise<JavaToolchain> {
  const java = javaCommand(process.env['JAVA_HOME'])
  const maven = 'mvn'
  const [javaAnswer, mavenAnswer] = await Promise.all([
    runCommand(java, ['-version'], { timeoutMs: askMs }, signal),
    runCommand(maven, ['--version'], { timeoutMs: askMs }, signal),
  ])
  const version = javaMajorVersion(javaAnswer.stderr + javaAnswer.stdout)
  const missing: string[] = []
  if (version === undefined) missing.push(`no Java answers as "${java}"`)
  else if (version < oldestJava) missing.push(`the Java found is ${version}`)
  if (mavenAnswer.exitCode !== 0) missing.push('no Maven answers as "mvn"')
  if (missing.length > 0) {
    throw new StackError(
      'STACK_TOOLS_MISSING',
      `The local stack needs a running Docker engine with Compose, or Java ${oldestJava} or newer and Maven; here no Docker engine answers and ${missing.join(' and ')}. Install either (Debian: apt-get install openjdk-17-jre-headless maven).`,
    )
  }
  return { java, maven }
}

export function javaCommand(javaHome: string | undefined): string {
  return javaHome === undefined || javaHome === '' ? 'java' : join(javaHome, 'bin', 'java')
}

/** From the output of `java -version`; `1.8` is 8. */
export function javaMajorVersion(text: string): number | undefined {
  const match = /version "(?:1\.)?(\d+)/.exec(text)
  return match === null ? undefined : Number(match[1])
}
