import { execFileSync, spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { tempFolder } from '../../fixtures/temp-folder.ts'
import { describe, expect, test } from 'vitest'

import { completionPlaces } from '../../../src/app/completion/completion-tree.ts'
import { completionScript } from '../../../src/app/completion/shell-scripts.ts'
import { idleProgram } from '../../fixtures/commands.ts'

const PLACES = completionPlaces(idleProgram())

/** What bash offers for the last of the words. */
function offered(...words: readonly string[]): readonly string[] {
  const line = ['listingstream', ...words].map((word) => `'${word}'`).join(' ')
  const ask = `COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _listingstream; printf '%s\\n' "\${COMPREPLY[@]}"`
  const script = `compopt() { :; }\n${completionScript('bash', 'listingstream', PLACES)}${ask}`
  const answer = execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' })
  return answer.split('\n').filter((word) => word !== '')
}

describe('completions', () => {
  test('offer commands, and below a group its own', () => {
    expect(offered('pu')).toEqual(['purge'])
    expect(offered('purge', '')).toEqual(expect.arrayContaining(['show', 'approve', 'reject', '--dry-run']))
    expect(offered('schema', 's')).toEqual(['show'])
    expect(offered('purge', 'show', '--')).not.toContain('--dry-run')
  })

  test('offer the choices of an option and of an argument, and nothing of ours where any value will do', () => {
    expect(offered('purge', '--compare', '')).toEqual(['keys', 'versions', 'content'])
    expect(offered('update', '--resource', 'acc')).toEqual(['accounts'])
    expect(offered('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']))
    expect(offered('rebuild', '--to', '')).toEqual([])
  })

  test('know the command behind its options', () => {
    expect(offered('schema', '--json', 'show', '--ve')).toEqual(['--version'])
  })

  test.for([
    ['bash', ['--norc', '-n']],
    ['zsh', ['-f', '-n']],
    ['fish', ['--no-config', '--no-execute']],
  ] as const)('are a script that %s can read', async ([shell, args], { skip }) => {
    await using folder = await tempFolder()
    const file = join(folder.path, 'script')
    await writeFile(file, completionScript(shell, 'listingstream', PLACES))
    const { error, status, stderr } = spawnSync(shell, [...args, file], { encoding: 'utf8' })
    skip(error !== undefined, `${shell} is not installed`)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})
