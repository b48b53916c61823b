import { notFound } from './service.ts'
import type { Service, ServiceTable } from './service.ts'

export interface FoundService {
  readonly service: Service
  readonly names: readonly string[]
}

/** @throws {ApiFailure} 404 for a part of the path that cannot be decoded */
export function findService(table: ServiceTable, path: string): FoundService | undefined {
  const parts = path.split('/')
  for (const [pattern, service] of table) {
    const names = namesIn(pattern.split('/'), parts)
    if (names !== undefined) return { service, names: names.map(decoded) }
  }
  return undefined
}

function namesIn(pattern: readonly string[], parts: readonly string[]): readonly string[] | undefined {
  const fits = (wanted: string, at: number): boolean => isPlace(wanted) || wanted === parts[at]
  if (pattern.length !== parts.length || !pattern.every(fits)) return undefined
  return parts.filter((_, at) => isPlace(pattern[at] ?? ''))
}

function isPlace(part: string): boolean {
  return part.startsWith('{')
}

export function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw notFound()
  }
}
