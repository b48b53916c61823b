/** Arguments and options that several commands take. */
import { InvalidArgumentError, Option } from 'commander'

import type { ListedResource, Replicated } from '../../domain/resource.ts'
import { RESOURCES, SUBRESOURCES } from '../../resources/index.ts'
import { LISTINGS } from '../../resources/listings.ts'

export function takeOverOption(): Option {
  return new Option('--take-over', 'take the feed from an owner with another DATA_DIR')
}

export function acceptSourceOption(): Option {
  return new Option('--accept-source', 'accept another user of the same MLS as the source')
}

export function forceOption(): Option {
  return new Option('--force', 'accept a LISTINGS_FILTER that listings leave by a change of their fields')
}

export function feedOption(): Option {
  return new Option('--feed <prefix>', 'of several feeds this one (TOPIC_PREFIX)')
}

export function jsonOption(description = 'as JSON'): Option {
  return new Option('--json', description)
}

const LISTED: readonly ListedResource[] = RESOURCES
const REPLICATED: readonly Replicated[] = [...RESOURCES, ...SUBRESOURCES]

/** Its value is the description, of a list or of a set of parts. */
export function resourceOption(): Option {
  return resourceFilterOption('of this resource').default(LISTINGS, LISTINGS.name)
}

/** The same where it only narrows what is told. */
export function resourceFilterOption(description: string): Option {
  return namedOption(description, REPLICATED)
}

/** Given several times, of several: its value is their descriptions, in that order. */
export function resourcesOption(description: string): Option {
  return namedOption(description, REPLICATED).argParser((text, earlier?: readonly Replicated[]) => [
    ...(earlier ?? []),
    named(text, REPLICATED),
  ])
}

/** Its value is the description of a list. */
export function listedOption(): Option {
  return namedOption('of this resource', LISTED).default(LISTINGS, LISTINGS.name)
}

/** The same where it only narrows what is done. */
export function listedFilterOption(description: string): Option {
  return namedOption(description, LISTED)
}

function namedOption(description: string, known: readonly Replicated[]): Option {
  return new Option('--resource <name>', description)
    .choices(known.map(({ name }) => name))
    .argParser((text) => named(text, known))
}

/** @throws {InvalidArgumentError} */
function named(text: string, known: readonly Replicated[]): Replicated {
  const resource = known.find(({ name }) => name === text)
  if (resource !== undefined) return resource
  throw new InvalidArgumentError(`Allowed: ${known.map(({ name }) => name).join(', ')}.`)
}

/** @throws {InvalidArgumentError} for what is no whole number above 0, or has more than nine digits. */
export function countingNumber(text: string): number {
  const number = wholeNumber(text)
  if (number > 0) return number
  throw new InvalidArgumentError('A whole number above 0 is needed.')
}

/** @throws {InvalidArgumentError} for what is none, or has more than nine digits. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('A whole number is needed.')
  return Number(text)
}
