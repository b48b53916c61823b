/** All resources that can be replicated. A new one is a file beside this one, and a line here. */
import type { ResourceDescription } from '../domain/resource.ts'
import { LISTINGS } from './listings.ts'

export const RESOURCES: readonly ResourceDescription[] = [LISTINGS]
