import type { HeldChunkId } from '../domain/hold.ts'
import { passId } from '../domain/pass.ts'
import { parseResourceName } from '../domain/resource.ts'

/** Kafka key of a record of the topic `holds`: `<resource>/<passId>/<chunk>`. */
export function holdKey({ resource, passId: pass, chunk }: HeldChunkId): string {
  return `${resource}/${pass}/${chunk}`
}

const KEY = /^([^/]+)\/([^/]+)\/(0|[1-9]\d{0,8})$/

/** Undefined for what `holdKey` does not write. */
export function parseHoldKey(text: string): HeldChunkId | undefined {
  const [, name = '', pass, chunk] = KEY.exec(text) ?? []
  const resource = parseResourceName(name)
  if (resource === undefined || pass === undefined) return undefined
  return { resource, passId: passId(pass), chunk: Number(chunk) }
}
