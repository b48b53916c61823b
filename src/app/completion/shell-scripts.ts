/** Completions as the shells want them. The scripts hold all words: completing starts no process. */
import type { CompletionPlace } from './completion-tree.ts'

export type Shell = 'bash' | 'zsh' | 'fish'

/** @param name of the program */
export function completionScript(shell: Shell, name: string, places: readonly CompletionPlace[]): string {
  switch (shell) {
    case 'bash':
      return bashScript(name, places)
    case 'zsh':
      return zshScript(name, places)
    case 'fish':
      return fishScript(name, places)
  }
}

/** For a POSIX shell: nothing in it is looked at. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

function functionName(name: string): string {
  return `_${name.replaceAll('-', '_')}`
}

/** What leads from one place to the next: `purge/show`. */
function steps(places: readonly CompletionPlace[]): string {
  const below = places.filter(({ path }) => path !== '')
  return below.map(({ path }) => quoted(stepOf(path))).join('|')
}

function stepOf(path: string): string {
  const at = path.lastIndexOf(' ')
  return `${path.slice(0, Math.max(0, at))}/${path.slice(at + 1)}`
}

/** Of each option with values: `path:--option`, and what they are. */
function valued(places: readonly CompletionPlace[]): readonly (readonly [string, readonly string[]])[] {
  return places.flatMap(({ path, options }) =>
    options.flatMap(({ word, values }) => (values === null ? [] : [[`${path}:${word}`, values] as const])),
  )
}

function bashScript(name: string, places: readonly CompletionPlace[]): string {
  const values = valued(places).map(([at, words]) =>
    words.length === 0
      ? `    ${quoted(at)}) compopt -o default; return ;;`
      : `    ${quoted(at)}) COMPREPLY=($(compgen -W ${quoted(words.join(' '))} -- "$current")); return ;;`,
  )
  const words = places.map(({ path, commands, options, choices }) => {
    const all = [...commands.map(({ word }) => word), ...choices, ...options.map(({ word }) => word)]
    return `    ${quoted(path)}) words=${quoted(all.join(' '))} ;;`
  })
  return `# Completions of ${name} for bash: source this file, or put it into bash-completion's folder.
${functionName(name)}() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} path='' words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path/\${COMP_WORDS[i]}" in
    ${steps(places)}) path="\${path:+$path }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path:$before" in
${values.join('\n')}
  esac
  case "$path" in
${words.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F ${functionName(name)} ${name}
`
}

function zshScript(name: string, places: readonly CompletionPlace[]): string {
  const values = valued(places).map(([at, words]) =>
    words.length === 0
      ? `    ${quoted(at)}) _files; return ;;`
      : `    ${quoted(at)}) compadd -- ${words.map(quoted).join(' ')}; return ;;`,
  )
  const words = places.map(({ path, commands, options, choices }) => {
    const described = [...commands, ...choices.map((word) => ({ word, description: '' })), ...options]
    const entries = described.map(({ word, description }) =>
      quoted(`${word.replaceAll(':', String.raw`\:`)}:${description}`),
    )
    return `    ${quoted(path)})\n      entries=(\n${entries.map((entry) => `        ${entry}\n`).join('')}      ) ;;`
  })
  return `#compdef ${name}
# Completions of ${name} for zsh: as _${name} in a folder of $fpath, or source this file after compinit.
${functionName(name)}() {
  local at='' i
  local -a entries
  for ((i = 2; i < CURRENT; i++)); do
    case "$at/\${words[i]}" in
    ${steps(places)}) at="\${at:+$at }\${words[i]}" ;;
    esac
  done
  case "$at:\${words[CURRENT - 1]}" in
${values.join('\n')}
  esac
  case "$at" in
${words.join('\n')}
  esac
  _describe ${quoted(name)} entries
}
compdef ${functionName(name)} ${name}
`
}

/** fish knows a backslash within single quotes. */
function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', String.raw`\\`).replaceAll("'", String.raw`\'`)}'`
}

function fishScript(name: string, places: readonly CompletionPlace[]): string {
  const at = `__${name.replaceAll('-', '_')}_at`
  const lines = places.flatMap(({ path, commands, options, choices }) => {
    const here = `complete -c ${name} -n ${fishQuoted(`${at} ${fishQuoted(path)}`)}`
    return [
      ...commands.map(({ word, description }) => `${here} -f -a ${word} -d ${fishQuoted(description)}`),
      ...(choices.length === 0 ? [] : [`${here} -f -a ${fishQuoted(choices.join(' '))}`]),
      ...options.map(({ word, values, description }) => {
        const value =
          values === null ? ' -f' : values.length === 0 ? ' -r' : ` -x -a ${fishQuoted(values.join(' '))}`
        return `${here} -l ${word.replace(/^--/, '')}${value} -d ${fishQuoted(description)}`
      }),
    ]
  })
  return `# Completions of ${name} for fish: as ${name}.fish in ~/.config/fish/completions.
function ${at}
  set -l path ''
  for word in (commandline -opc)[2..]
    switch "$path/$word"
      case ${steps(places).replaceAll('|', ' ')}
        set path (string trim -- "$path $word")
    end
  end
  test "$path" = "$argv[1]"
end
${lines.join('\n')}
`
}
