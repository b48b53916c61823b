import { z } from 'zod'

import { SettingText, type TextFile } from './secret.ts'
import type { SettingsMistake } from './settings-error.ts'

/** Text by variable; unset variables are absent. */
export type RawValues = Readonly<Record<string, string>>

type FileOf = (variable: string) => TextFile | undefined

/** Settings that belong together: a command needs all of them or none. */
export interface Group<T> {
  readonly variables: readonly string[]
  /** @param fileOf what a renewed value will be read from, by variable */
  parse(values: RawValues, fileOf: FileOf): readonly SettingsMistake[] | { readonly value: T }
}

/** `together` names what is wrong between variables that may each be right alone. */
export function group<Shape extends z.ZodRawShape, T>(
  shape: Shape,
  build: (parsed: z.output<z.ZodObject<Shape>>) => T,
  together: (values: RawValues) => readonly SettingsMistake[] = () => [],
): Group<T> {
  const schema = z.object(shape)
  return {
    variables: Object.keys(shape),
    parse(values, fileOf) {
      const parsed = schema.safeParse(values)
      const mistakes = (parsed.error?.issues ?? []).map((issue) => ({
        name: String(issue.path[0]),
        problem: issue.message,
      }))
      mistakes.push(...together(values))
      if (!parsed.success || mistakes.length > 0) return mistakes
      for (const [name, value] of Object.entries(parsed.data)) {
        const file = fileOf(name)
        if (file !== undefined && value instanceof SettingText)
          value.follow(checked(file, schema.shape[name]))
      }
      return { value: build(parsed.data) }
    },
  }
}

/** What is wrong in a renewed file is not taken, as it would not have been at the start. */
function checked({ path, read }: TextFile, schema: z.core.$ZodType | undefined): TextFile {
  return {
    path,
    read: () => {
      const parsed = schema === undefined ? undefined : z.safeParse(schema, read())
      return parsed?.data instanceof SettingText ? parsed.data.reveal() : undefined
    },
  }
}
