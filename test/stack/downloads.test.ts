import { chmod, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'

import { downloadJars } from '../../src/stack/downloads.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const signal = AbortSignal.timeout(30_000)

/** A `mvn` that runs `body` with `$dir`, the folder it was told to fill. */
async function scriptedMaven(folder: string, body: string): Promise<{ java: string; maven: string }> {
  const maven = join(folder, 'mvn')
  const findFolder =
    'for arg in "$@"; do case "$arg" in -Dstack.dir=*) dir="${arg#-Dstack.dir=}";; esac; done'
  await writeFile(maven, `#!/bin/sh\n${findFolder}\necho run >> '${folder}/runs'\n${body}\n`)
  await chmod(maven, 0o755)
  return { java: 'java', maven }
}

const everything = `mkdir -p "$dir/kafka" "$dir/registry"
: > "$dir/kafka/kafka_2.13-4.2.0.jar"
: > "$dir/registry/apicurio-registry-app-3.0.9-runner.jar"`

test('what was downloaded once is not downloaded again, and the first time says so', async () => {
  await using folder = await tempFolder()
  const tools = await scriptedMaven(folder.path, everything)
  const said: string[] = []
  const downloads = join(folder.path, 'downloads')
  const jars = await downloadJars(downloads, tools, (line) => said.push(line), signal)
  expect(await downloadJars(downloads, tools, (line) => said.push(line), signal)).toEqual(jars)
  expect((await stat(jars.registryJar)).isFile()).toBe(true)
  expect((await stat(join(folder.path, 'runs'))).size).toBe('run\n'.length)
  expect(said).toEqual([expect.stringContaining('the first time only')])
})

test('two at once end with one whole copy and no leftover', async () => {
  await using folder = await tempFolder()
  const tools = await scriptedMaven(folder.path, everything)
  const downloads = join(folder.path, 'downloads')
  const both = [1, 2].map(() => downloadJars(downloads, tools, () => undefined, signal))
  const [first, second] = await Promise.all(both)
  expect(first).toEqual(second)
  expect(await readdir(downloads)).toEqual([expect.stringMatching(/^jars-[0-9a-f]{12}$/)])
})

test.each([
  ['fails', 'echo "[ERROR] no route to the repository"; exit 1', /no route to the repository/],
  [
    'succeeds without the registry',
    'mkdir -p "$dir/kafka"; : > "$dir/kafka/kafka_2.13-4.2.0.jar"',
    /not among/,
  ],
  ['succeeds with nothing', 'exit 0', /not among/],
])('nothing stays behind when Maven %s, and the next run tries again', async (_, body, message) => {
  await using folder = await tempFolder()
  const downloads = join(folder.path, 'downloads')
  const broken = await scriptedMaven(folder.path, body)
  const attempt = downloadJars(downloads, broken, () => undefined, signal)
  await expect(attempt).rejects.toMatchObject({ code: 'STACK_DOWNLOAD_FAILED' })
  await expect(attempt).rejects.toThrow(message)
  expect(await readdir(downloads)).toEqual([])
  const working = await scriptedMaven(folder.path, everything)
  await expect(downloadJars(downloads, working, () => undefined, signal)).resolves.toBeDefined()
})
