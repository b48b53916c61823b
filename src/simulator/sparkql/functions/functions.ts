import { CLOCK_FUNCTIONS } from './clock-functions.ts'
import { NUMBER_FUNCTIONS } from './number-functions.ts'
import { SHAPE_FUNCTIONS } from './shape-functions.ts'
import type { SparkqlFunction } from './sparkql-function.ts'
import { TEST_FUNCTIONS } from './test-functions.ts'
import { TEXT_FUNCTIONS } from './text-functions.ts'
import { TIME_FUNCTIONS } from './time-functions.ts'

/** By name. `all` is none of them: it tells of a whole comparison that every value of the field must fit. */
export const FUNCTIONS: ReadonlyMap<string, SparkqlFunction> = new Map(
  [
    TEXT_FUNCTIONS,
    NUMBER_FUNCTIONS,
    TIME_FUNCTIONS,
    CLOCK_FUNCTIONS,
    TEST_FUNCTIONS,
    SHAPE_FUNCTIONS,
  ].flatMap((functions) => Object.entries<SparkqlFunction>(functions)),
)
