import { insidePolygon, onLine } from './geometry.ts'
import type { Area, Point } from './geometry.ts'

const NUMBER = String.raw`-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?`
const POINT = `${NUMBER} +${NUMBER}`
const POINTS = String.raw`\( *${POINT}(?: *, *${POINT})* *\)`
const RINGS = String.raw`\( *${POINTS}(?: *, *${POINTS})* *\)`
const SHAPES = {
  POINT: new RegExp(String.raw`^\( *${POINT} *\)$`),
  LINESTRING: new RegExp(`^${POINTS}$`),
  POLYGON: new RegExp(`^${RINGS}$`),
  MULTIPOLYGON: new RegExp(String.raw`^\( *${RINGS}(?: *, *${RINGS})* *\)$`),
} as const

/** What a point, line, polygon or several polygons of WKT hold, with or without `SRID=…;`. Longitudes come first there. */
export function areaOfText(text: string): Area | undefined {
  const [, name = '', body = ''] = /^(?:SRID=\d+;)? *([A-Z]+) *(\(.*\)) *$/is.exec(text) ?? []
  const kind = name.toUpperCase()
  if (!isShape(kind) || !SHAPES[kind].test(body)) return undefined
  switch (kind) {
    case 'POINT':
    case 'LINESTRING':
      return onLine(pointsIn(body))
    case 'POLYGON':
      return polygon(body)
    case 'MULTIPOLYGON': {
      const areas = (body.match(new RegExp(RINGS, 'g')) ?? []).map((rings) => polygon(rings))
      return (point) => areas.some((area) => area(point))
    }
  }
}

function isShape(kind: string): kind is keyof typeof SHAPES {
  return Object.hasOwn(SHAPES, kind)
}

/** The first ring is its border, all others are holes. */
function polygon(rings: string): Area {
  const [border, ...holes] = (rings.match(new RegExp(POINTS, 'g')) ?? []).map((ring) =>
    insidePolygon(pointsIn(ring)),
  )
  return (point) => border?.(point) === true && !holes.some((hole) => hole(point))
}

function pointsIn(text: string): readonly Point[] {
  return (text.match(new RegExp(POINT, 'g')) ?? []).map((pair) => {
    const [longitude = 0, latitude = 0] = pair.split(/ +/).map(Number)
    return { latitude, longitude }
  })
}
