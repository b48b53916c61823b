import type { PartKind } from './part-kind.ts'
import { PHOTOS } from './photos.ts'

/** All parts that a listing has of its own. */
export const PART_KINDS: readonly PartKind[] = [PHOTOS]
