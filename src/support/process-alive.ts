import { errorCode } from './error-code.ts'

/** Whether a process of this number lives, be it under another user. */
export function isProcessAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return errorCode(error) === 'EPERM'
  }
}
