/** Arguments and options that several commands take. */
import { InvalidArgumentError, Option } from 'commander'

import type { ListedResource } from '../../domain/resource.ts'
import { RESOURCES } from '../../resources/index.ts'
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

export function jsonOption(description = 'as JSON'): Option {
  return new Option('--json', description)
}

/** Its value is the description. */
export function resourceOption(): Option {
  return resourceFilterOption('of this resource').default(LISTINGS, LISTINGS.name)
}

/** The same where it only narrows what is told. */
export function resourceFilterOption(description: string): Option {
  return new Option('--resource <name>', description)
    .choices(RESOURCES.map(({ name }) => name))
    .argParser(resourceNamed)
}

/** Given several times, of several: its value is their descriptions, in that order. */
export function resourcesOption(description: string): Option {
  return new Option('--resource <name>', description)
    .choices(RESOURCES.map(({ name }) => name))
    .argParser((text, earlier?: readonly ListedResource[]) => [...(earlier ?? []), resourceNamed(text)])
}

/** @throws {InvalidArgumentError} */
function resourceNamed(text: string): ListedResource {
  const resource = RESOURCES.find(({ name }) => name === text)
  if (resource !== undefined) return resource
  throw new InvalidArgumentError(`Allowed: ${RESOURCES.map(({ name }) => name).join(', ')}.`)
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
