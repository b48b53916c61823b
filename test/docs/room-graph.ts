import type { ROOMS } from '../../oxlint.config.ts'

type Rooms = typeof ROOMS

/**
 * The table of rooms as a Mermaid graph: a whole arrow for values, a dotted one for types alone. An arrow that follows
 * from others is left out: who may import `feed/` may also import the `kafka/` below it.
 */
export function roomGraph(rooms: Rooms): string {
  const arrows = Object.keys(rooms).flatMap((from) => [
    ...values(rooms, from).map((to) => `  ${from} --> ${to}`),
    ...types(rooms, from).map((to) => `  ${from} -.-> ${to}`),
  ])
  return ['graph TD', ...arrows].join('\n')
}

function values(rooms: Rooms, from: string): readonly string[] {
  const imports = rooms[from]?.imports ?? []
  return imports.filter((to) => !imports.some((by) => by !== to && reaches(rooms, by, to, false)))
}

function types(rooms: Rooms, from: string): readonly string[] {
  const { imports = [], types: only = [] } = rooms[from] ?? {}
  const direct = [...imports, ...only]
  return only.filter((to) => !direct.some((by) => by !== to && reaches(rooms, by, to, true)))
}

/** Whether values come from there; or, `withTypes`, anything. */
function reaches(rooms: Rooms, from: string, to: string, withTypes: boolean): boolean {
  const { imports = [], types: only = [] } = rooms[from] ?? {}
  const next = withTypes ? [...imports, ...only] : imports
  return next.some((room) => room === to || reaches(rooms, room, to, withTypes))
}
