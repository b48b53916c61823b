import { TopicError } from '../../feed/topic-error.ts'
import { ListingstreamError } from '../../support/errors.ts'
import { remedyFor } from './remedies.ts'

export type FindingState = 'ok' | 'warning' | 'wrong'

/** One thing that `doctor` looked at. */
export interface Finding {
  /** `token`, `topics` … */
  readonly check: string
  readonly state: FindingState
  readonly what: string
  /** What to do; null where nothing has to be done. */
  readonly remedy: string | null
  /** Whose it is, where several feeds are looked at; without it, all of them have it. */
  readonly feed?: string
}

export function ok(check: string, what: string): Finding {
  return { check, state: 'ok', what, remedy: null }
}

export function warning(check: string, what: string, remedy: string): Finding {
  return { check, state: 'warning', what, remedy }
}

export function wrong(check: string, what: string, remedy: string): Finding {
  return { check, state: 'wrong', what, remedy }
}

/** What a look ended in. @throws what is no error of ours: that is a bug of the look */
export function failed(check: string, error: unknown): Finding {
  if (!(error instanceof ListingstreamError)) throw error
  if (error instanceof TopicError && error.remedy !== '')
    return wrong(check, `${error.code}: ${error.what}`, error.remedy)
  return wrong(check, `${error.code}: ${error.message}`, remedyFor(error.code))
}
