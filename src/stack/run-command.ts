import { execFile } from 'node:child_process'

export interface CommandResult {
  /** 0 when it succeeded; undefined when it could not be started, was killed or ran out of time. */
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly timeoutMs: number
  readonly env?: NodeJS.ProcessEnv
  /** It is killed when it writes more. @default 16 MiB */
  readonly maxOutputBytes?: number
}

/** Runs a program to its end and collects its output. Rejects only when `signal` aborts. */
export async function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions,
  signal: AbortSignal,
): Promise<CommandResult> {
  const { timeoutMs: timeout, env = process.env, maxOutputBytes: maxBuffer = 16 * 1024 * 1024 } = options
  const { promise, resolve } = Promise.withResolvers<CommandResult>()
  execFile(file, args, { timeout, signal, env, maxBuffer }, (error, stdout, stderr) => {
    const code = error === null ? 0 : error.code
    resolve({ exitCode: typeof code === 'number' ? code : undefined, stdout, stderr })
  })
  const result = await promise
  signal.throwIfAborted()
  return result
}
