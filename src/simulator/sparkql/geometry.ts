/** Degrees. */
export interface Point {
  readonly latitude: number
  readonly longitude: number
}

export type Area = (point: Point) => boolean

const EARTH_RADIUS_MILES = 3958.8
/** About a tenth of a metre: what lies so near to a line lies on it. */
const ON_LINE = 1e-6

/** @param corners in their order; the last is joined to the first. The border belongs to it. */
export function insidePolygon(corners: readonly Point[]): Area {
  const sides = corners.map((corner, at) => [corners.at(at - 1) ?? corner, corner] as const)
  return (point) => {
    let isInside = false
    for (const [from, to] of sides) {
      if (distanceToSide(point, from, to) < ON_LINE) return true
      if (from.latitude > point.latitude === to.latitude > point.latitude) continue
      const share = (point.latitude - from.latitude) / (to.latitude - from.latitude)
      const crossing = from.longitude + share * (to.longitude - from.longitude)
      if (point.longitude < crossing) isInside = !isInside
    }
    return isInside
  }
}

export function onLine(points: readonly Point[]): Area {
  return (point) =>
    points.some((to, at) => distanceToSide(point, points[Math.max(0, at - 1)] ?? to, to) < ON_LINE)
}

export function withinMiles(center: Point, miles: number): Area {
  return (point) => milesBetween(center, point) <= miles
}

/** In degrees, as if the earth were flat. */
function distanceToSide(point: Point, from: Point, to: Point): number {
  const [dx, dy] = [to.longitude - from.longitude, to.latitude - from.latitude]
  const [px, py] = [point.longitude - from.longitude, point.latitude - from.latitude]
  const length = dx * dx + dy * dy
  const share = length === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / length))
  return Math.hypot(px - share * dx, py - share * dy)
}

/** By the haversine formula. */
function milesBetween(a: Point, b: Point): number {
  const [from, to] = [radians(a.latitude), radians(b.latitude)]
  const half = (x: number): number => Math.sin(x / 2) ** 2
  const h = half(to - from) + Math.cos(from) * Math.cos(to) * half(radians(b.longitude - a.longitude))
  return 2 * EARTH_RADIUS_MILES * Math.asin(Math.min(1, Math.sqrt(h)))
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180
}
