/** The page that adds a resource is done, step by step, to a copy of the repository. */
import { exec } from 'node:child_process'
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

import { test } from 'vitest'
import { z } from 'zod'

import { tempFolder } from '../fixtures/temp-folder.ts'
import { filesLike, read, ROOT } from './repository.ts'

const PAGE = 'docs/adding-a-resource.md'
/** What the checks need of the repository. */
const COPIED = [
  'page',
  'src',
  'test',
  'schemas',
  'docs',
  'bench',
  '.oxfmtrc.json',
  ...filesLike('*.ts', '*.json', '*.md'),
]
/** What is to hold for every resource. */
const CHECKS = [
  'test/docs/resources.test.ts',
  'test/docs/sdk.test.ts',
  'test/index.test.ts',
  'test/resources/snapshot.test.ts',
  'test/events/content/every-resource.test.ts',
  'test/events/schema/symbols.test.ts',
  'test/events/schema/written-schema.test.ts',
]

/** Of a command that failed. */
const outputSchema = z.object({ stdout: z.string() })

interface Block {
  readonly path: string
  readonly language: string
  readonly text: string
}

/** Code blocks, each with the path that stands in bold above it, or above blocks before it. */
function blocksOf(markdown: string): readonly Block[] {
  const found = markdown.matchAll(/^\*\*(?<path>[\w./-]+)\*\*$|^```(?<language>\w+)\n(?<text>.*?)^```$/gms)
  const blocks: Block[] = []
  let path = ''
  for (const { groups } of found) {
    path = groups?.['path'] ?? path
    const { language, text } = groups ?? {}
    if (language !== undefined && text !== undefined) blocks.push({ path, language, text })
  }
  return blocks
}

function isCommand({ language }: Block): boolean {
  return language === 'sh'
}

/** @throws if the lines that a diff is about are not there, or are there twice */
function patched(text: string, diff: string): string {
  const lines = diff.trimEnd().split('\n')
  const side = (sign: '+' | '-') =>
    lines
      .flatMap((line) => (line.startsWith(sign) || line.startsWith(' ') ? [`${line.slice(1)}\n`] : []))
      .join('')
  const parts = text.split(side('-'))
  if (parts.length !== 2) throw new Error(`These lines are there ${parts.length - 1} times:\n${side('-')}`)
  return parts.join(side('+'))
}

/** The files that the checks need, in a folder of their own. */
async function copyRepository(folder: string): Promise<void> {
  await Promise.all(COPIED.map((entry) => cp(join(ROOT, entry), join(folder, entry), { recursive: true })))
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
}

/** Writes the file of a block, or changes it. */
async function write(folder: string, { path, language, text }: Block): Promise<void> {
  const file = join(folder, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, language === 'diff' ? patched(await readFile(file, 'utf8'), text) : text)
}

/** What the page has written anew, by one command for all of them: each start of vitest takes seconds. */
function writtenAnew(blocks: readonly Block[]): readonly string[] {
  return blocks.map(({ text }) => {
    const [, file] = /^npx vitest run (\S+) -u\n$/.exec(text) ?? []
    if (file === undefined) throw new Error(`This writes no file anew:\n${text}`)
    return file
  })
}

/** Rejects with what the command says if it fails. */
async function run(folder: string, command: string): Promise<void> {
  // A vitest that vitest starts is not to take itself for a part of it.
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST'))
  const PATH = `${join(folder, 'node_modules/.bin')}:${process.env['PATH']}`
  try {
    await promisify(exec)(command, { cwd: folder, env: { ...Object.fromEntries(own), PATH, NO_COLOR: '1' } })
  } catch (cause) {
    throw new Error(`${command}\n${outputSchema.parse(cause).stdout}`, { cause })
  }
}

test('what the page adds compiles, and passes what is tested of every resource (R5, R9, R12)', async () => {
  await using copy = await tempFolder()
  await copyRepository(copy.path)
  const blocks = blocksOf(read(PAGE))
  const [commands, files] = [blocks.filter(isCommand), blocks.filter((block) => !isCommand(block))]
  for (const file of files) await write(copy.path, file)
  await run(copy.path, `vitest run ${writtenAnew(commands).join(' ')} -u`)
  await Promise.all([
    run(copy.path, 'tsc -p tsconfig.json'),
    run(copy.path, 'oxfmt --check src schemas'),
    run(copy.path, `vitest run --project unit ${CHECKS.join(' ')}`),
  ])
}, 300_000)
