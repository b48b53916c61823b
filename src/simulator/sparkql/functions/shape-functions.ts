import { insidePolygon, onLine, withinMiles } from '../geometry.ts'
import type { Area, Point } from '../geometry.ts'
import { SparkqlError } from '../sparkql-error.ts'
import { asNumber, asText } from '../value.ts'
import { areaOfText } from '../well-known-text.ts'
import { literalOf } from './sparkql-function.ts'
import type { ShapeFunction } from './sparkql-function.ts'

const DEGREES = /^[+-]?\d+(?:\.\d+)?$/
const RECORD_ID = /^\d{26}$/

/** Where a location may lie. Coordinates are `latitude longitude`, with commas between them. */
export const SHAPE_FUNCTIONS: Readonly<Record<string, ShapeFunction>> = {
  polygon: ofText((text) => insidePolygon(coordinates('polygon', text, 3))),
  /** By two opposite corners. */
  rectangle: ofText((text) => {
    const [a, c] = coordinates('rectangle', text, 2, 2)
    if (a === undefined || c === undefined) return refuse('rectangle', text)
    const b = { latitude: a.latitude, longitude: c.longitude }
    const d = { latitude: c.latitude, longitude: a.longitude }
    return insidePolygon([a, b, c, d])
  }),
  linestring: ofText((text) => onLine(coordinates('linestring', text, 2))),
  wkt: ofText((text) => areaOfText(text) ?? refuse('wkt', text)),
  /** In miles (UNCONFIRMED) from a coordinate, or from the record with this Id. */
  radius: {
    kind: 'shape',
    required: [literalOf('character'), literalOf('decimal', 'integer')],
    optional: [],
    area: ([center, length], locate) => {
      const [text, miles] = [asText(center), asNumber(length)]
      if (miles <= 0) throw new SparkqlError(1040, String(miles), 'The length of radius must be positive')
      const point = RECORD_ID.test(text) ? locate(text) : coordinates('radius', text, 1, 1)[0]
      return point === undefined ? () => false : withinMiles(point, miles)
    },
  },
}

function ofText(area: (text: string) => Area): ShapeFunction {
  return {
    kind: 'shape',
    required: [literalOf('character')],
    optional: [],
    area: ([text]) => area(asText(text)),
  }
}

function coordinates(
  name: string,
  text: string,
  least: number,
  most = Number.POSITIVE_INFINITY,
): readonly Point[] {
  const points = text.split(',').map((pair) => pointOf(pair) ?? refuse(name, text))
  return points.length >= least && points.length <= most ? points : refuse(name, text)
}

function pointOf(pair: string): Point | undefined {
  const [latitude = '', longitude = '', ...others] = pair.trim().split(/\s+/)
  if (!DEGREES.test(latitude) || !DEGREES.test(longitude) || others.length > 0) return undefined
  return { latitude: Number(latitude), longitude: Number(longitude) }
}

function refuse(name: string, text: string): never {
  throw new SparkqlError(1040, text, `${name} does not take these coordinates`)
}
