import { ListingstreamError } from '../support/errors.ts'

/** One thing that is wrong with the settings. */
export interface SettingsMistake {
  /** The variable, or the name of the settings file. */
  readonly name: string
  /** A whole sentence without the name; never holds the value of a secret. */
  readonly problem: string
}

/** All mistakes in the settings at once, one a line. `code` is `SETTINGS_INVALID`, the exit code 2. */
export class SettingsError extends ListingstreamError {
  readonly mistakes: readonly SettingsMistake[]

  constructor(mistakes: readonly SettingsMistake[]) {
    const lines = mistakes.map(({ name, problem }) => `  ${name}: ${problem}`)
    super(`The settings are not right:\n${lines.join('\n')}`, {
      code: 'SETTINGS_INVALID',
      retryable: false,
      disposition: 'stop',
      exitCode: 2,
    })
    this.mistakes = mistakes
  }
}
