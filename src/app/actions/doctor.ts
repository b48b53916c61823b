/** `doctor`: whether everything is as a feed needs it, and what to do where it is not. */
import type { FeedChoice } from '../../config/load-settings.ts'
import { printJson, printLines } from '../../support/print.ts'
import { examine } from '../doctor/examine.ts'
import { describeFindings } from '../doctor/describe-findings.ts'

export interface DoctorOptions extends FeedChoice {
  readonly json?: true
}

/** Exit code 1 if something is wrong; a warning is none. */
export async function runDoctor(options: DoctorOptions, signal: AbortSignal): Promise<number> {
  const findings = await examine(options, signal)
  if (options.json === true) printJson({ findings })
  else printLines(describeFindings(findings))
  return findings.some(({ state }) => state === 'wrong') ? 1 : 0
}
