import { instant, type Instant } from '../../domain/instant.ts'
import type { Clock } from '../../replication/ports.ts'
import { sleep } from '../../support/abort.ts'

export const now = (): Instant => instant(Date.now())

export const SYSTEM_CLOCK: Clock = { now, sleep }
