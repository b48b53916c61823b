/** Options that several commands `schema …` take. */
import { Option } from 'commander'

import { wholeNumber } from '../options.ts'

export function versionOption(): Option {
  return new Option('--version <n>', 'of the subject; without it the latest').argParser(wholeNumber)
}

export function rowsOption(): Option {
  return new Option('--rows', 'that of its rows (ROW_TOPICS)')
}
