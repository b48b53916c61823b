import { LISTINGS } from '../../resources/listings.ts'

/** What a command needs behind it to be one of this resource; begins with a blank, if it is not empty. */
export function resourceWords(resource: string): string {
  return resource === LISTINGS.name ? '' : ` --resource ${resource}`
}
