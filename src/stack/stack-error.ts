import { ListingstreamError } from '../support/errors.ts'

export type StackErrorCode =
  | 'STACK_PORT_IN_USE'
  | 'STACK_TOOLS_MISSING'
  | 'STACK_DOWNLOAD_FAILED'
  | 'STACK_START_FAILED'
  | 'STACK_STOP_FAILED'
  | 'STACK_STATE_UNREADABLE'

/** The local broker or registry could not be started, stopped or looked at. Never retried: a person has to act. */
export class StackError extends ListingstreamError {
  constructor(code: StackErrorCode, message: string, cause?: unknown) {
    super(message, { code, retryable: false, disposition: 'stop', cause })
  }
}
