import type { Settings } from '../../config/settings.ts'
import { SettingsError } from '../../config/settings-error.ts'
import { valueFor } from '../../config/by-resource.ts'
import type { ResourceName } from '../../domain/resource.ts'
import type { GuardLimits } from '../../replication/guard.ts'
import { RESOURCES } from '../../resources/index.ts'
import { unknownNames } from './chosen-resources.ts'

/** From this share on, the one that is set for a resource says that half of it may go. */
const HALF = 0.5

/**
 * The limits of each resource (R10).
 *
 * @throws {SettingsError} if one is named that there is not
 */
export function guardLimits({
  maxDeletes,
  maxRatio,
  hardMax,
}: Settings['passes']['guard']): (resource: ResourceName) => GuardLimits {
  const named = { PURGE_MAX_DELETES: maxDeletes, PURGE_MAX_RATIO: maxRatio, PURGE_HARD_MAX: hardMax }
  const mistakes = Object.entries(named).flatMap(([setting, { of }]) =>
    unknownNames(setting, 'resource', [...of.keys()], RESOURCES),
  )
  if (mistakes.length > 0) throw new SettingsError(mistakes)
  return (name) => ({
    maxDeletes: valueFor(maxDeletes, name),
    maxRatio: valueFor(maxRatio, name),
    hardMax: valueFor(hardMax, name),
    mayHalve: (maxRatio.of.get(name) ?? 0) >= HALF,
  })
}
