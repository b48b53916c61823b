import type { Argument, Command, Option } from 'commander'

/** What may stand at one place of the command line. */
export interface CompletionPlace {
  /** The commands before it, as they are typed: `purge show`; empty at the beginning. */
  readonly path: string
  readonly commands: readonly CompletionWord[]
  readonly options: readonly CompletionOption[]
  /** Choices of its first argument. */
  readonly choices: readonly string[]
}

interface CompletionWord {
  readonly word: string
  /** One line. */
  readonly description: string
}

interface CompletionOption extends CompletionWord {
  /** Null if it takes no value; none if any will do. */
  readonly values: readonly string[] | null
}

/** Every place of a program, itself first. */
export function completionPlaces(program: Command): readonly CompletionPlace[] {
  return placesBelow(program, [])
}

function placesBelow(command: Command, before: readonly string[]): readonly CompletionPlace[] {
  const help = command.createHelp()
  const commands = help.visibleCommands(command)
  const place: CompletionPlace = {
    path: before.join(' '),
    commands: commands.map((child) => ({ word: child.name(), description: oneLine(child.description()) })),
    options: help.visibleOptions(command).map(optionWord),
    choices: firstChoices(help.visibleArguments(command)),
  }
  const below = commands.filter((child) => child.name() !== 'help')
  return [place, ...below.flatMap((child) => placesBelow(child, [...before, child.name()]))]
}

function optionWord(option: Option): CompletionOption {
  const takesValue = option.required || option.optional
  return {
    word: option.long ?? option.short ?? '',
    description: oneLine(option.description),
    values: takesValue ? (option.argChoices ?? []) : null,
  }
}

function firstChoices([first]: readonly Argument[]): readonly string[] {
  return first?.argChoices ?? []
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
