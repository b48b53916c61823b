import type { ListingstreamError } from './errors.ts'

/** Told how each try went of something that is asked again by itself. Never throws, never slows. */
export interface Tries {
  /** @param retryInMs null: whoever asked decides, and says so */
  failed(what: string, error: ListingstreamError, retryInMs: number | null): void
  succeeded(what: string): void
}

export const NOBODY: Tries = { failed: () => undefined, succeeded: () => undefined }
