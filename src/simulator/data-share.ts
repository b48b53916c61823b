import { sparkId } from './records/spark-id.ts'

/** An MLS of the data share. */
export interface Mls {
  readonly id: string
  readonly name: string
}

const FIRST_MICROS = 956_760_304_728_000
const DAY_MICROS = 86_400e6
const NAMES = ['Lakes & Plains MLS', 'North Hills MLS', 'Río Verde MLS']

/** So many MLSs, always the same; that of the key's user comes first. */
export function dataShare(count: number): readonly Mls[] {
  return Array.from({ length: count }, (_, at) => ({
    id: sparkId(FIRST_MICROS + at * DAY_MICROS),
    name: NAMES[at] ?? `MLS № ${at + 1}`,
  }))
}
