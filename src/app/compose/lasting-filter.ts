import type { Settings } from '../../config/settings.ts'
import { SettingsError } from '../../config/settings-error.ts'
import { readFilter } from '../../domain/sparkql.ts'
import { LASTING_FIELDS } from '../../resources/lasting-fields.ts'

/**
 * Before anything is opened: no update shows a listing that leaves the scope, since it is not in the answer any more.
 *
 * @param force the operator accepts that
 * @throws {SettingsError} if listings may leave the filter by a change of a field
 */
export function requireLastingFilter(
  { listingsScope: { filter } }: Pick<Settings['feed'], 'listingsScope'>,
  force: boolean,
): void {
  const shape = readFilter(filter)
  if (force || 'problem' in shape) return
  const changing = shape.fields.filter((field) => !LASTING_FIELDS.has(field))
  if (changing.length === 0) return
  const lasting = [...LASTING_FIELDS.keys()].join(', ')
  const problem = `A listing whose ${changing.join(' or ')} changes may leave this filter, and no update shows it leaving: until the next purge, subscribers keep it as it was. Filter by what a listing keeps (${lasting}) and leave the rest to the subscribers, or accept it with --force. Example: PropertyType Eq 'A','B'`
  throw new SettingsError([{ name: 'LISTINGS_FILTER', problem }])
}
