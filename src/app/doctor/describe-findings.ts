import type { Finding, FindingState } from './finding.ts'

const MARKS: Readonly<Record<FindingState, string>> = {
  ok: 'ok      ',
  warning: 'warning ',
  wrong: 'WRONG   ',
}
const CHECK_WIDTH = 12

/** For a person: a line each, what to do below it, and how many there are. */
export function describeFindings(findings: readonly Finding[]): readonly string[] {
  const lines = findings.flatMap(({ check, state, what, remedy, feed }) => [
    `${MARKS[state]}${check.padEnd(CHECK_WIDTH)}${feed === undefined ? '' : `${feed}: `}${what}`,
    ...(remedy === null ? [] : [`${' '.repeat(MARKS[state].length + CHECK_WIDTH)}-> ${remedy}`]),
  ])
  const count = (wanted: FindingState): number => findings.filter(({ state }) => state === wanted).length
  return [...lines, `${count('wrong')} wrong, ${count('warning')} to look at, ${count('ok')} right`]
}
