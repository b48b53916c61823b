import { expect, test } from 'vitest'

import { GROUPS } from '../../src/config/groups.ts'
import { loadFeeds } from '../../src/config/load-settings.ts'
import { SettingsError } from '../../src/config/settings-error.ts'
import { read } from './repository.ts'

test('the README names every setting, and none that does not exist', () => {
  const page = read('README.md')
  const [, section = ''] = page.split(/^## Settings$/m)
  const table = section
    .split(/^## /m)[0]!
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  const named = table.flatMap((line) => line.match(/(?<=`)[A-Z][A-Z_]+(?=`)/g) ?? [])
  const known = Object.values(GROUPS).flatMap(({ variables }) => variables)
  expect(new Set(named)).toEqual(new Set(known))
})

/** Whether it is a mistake in a feed of `feeds`, since all feeds have the same. */
function isOfProcess(name: string): boolean {
  const settings = { feeds: [{ TOPIC_PREFIX: 'east', [name]: 'x' }] }
  const sources = { env: {}, readFile: () => JSON.stringify(settings), warn: () => undefined }
  try {
    loadFeeds(['feed'], sources)
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    return error.mistakes.some(
      (mistake) => mistake.name === `${name} of feed east` && mistake.problem.includes('whole process'),
    )
  }
  return false
}

test('docs/many-feeds.md says of every setting whether each feed may have its own, as the program takes it', () => {
  const rows = new Map(
    [...read('docs/many-feeds.md').matchAll(/^\| (each feed's|the process's)[^|]* \| (.*) \|$/gm)].map(
      ([, whose, names = '']) => [whose, new Set(names.match(/(?<=`)[A-Z][A-Z_]+(?=`)/g))],
    ),
  )
  const known = new Set(Object.values(GROUPS).flatMap(({ variables }) => variables))
  expect(rows.get("the process's")).toEqual(new Set([...known].filter(isOfProcess)))
  expect(rows.get("each feed's")).toEqual(new Set([...known].filter((name) => !isOfProcess(name))))
  for (const secret of ['WEBHOOK_SECRET', 'KAFKA_SASL_OAUTH_CLIENT_SECRET', 'HTTPS_PROXY']) {
    expect(isOfProcess(`${secret}_FILE`), secret).toBe(true)
  }
})
