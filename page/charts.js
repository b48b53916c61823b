/** The two charts, drawn by uPlot on canvases that the templates leave alone. */
import uPlot from './uplot.js'

import { number, shortSpan } from './format.js'

/** @import { EventKind, Minutes } from './types.d.ts' */

const HEIGHT = 190
/** More columns than this nobody can tell apart. */
const MOST_COLUMNS = 180

/** In the order in which they are stacked. @type {readonly EventKind[]} */
export const EVENT_KINDS = ['SNAPSHOT', 'CREATED', 'UPDATED', 'RESTORED', 'REPUBLISHED', 'DELETED']

/** A colour of the style sheet as it is now, light or dark: a canvas knows no properties. @param {string} name @param {Element} element */
function color(name, element) {
  const probe = document.createElement('i')
  probe.style.color = `var(${name})`
  element.append(probe)
  const { color: shown } = getComputedStyle(probe)
  probe.remove()
  return shown
}

/** @param {string} solid as computed: `rgb(…)` */
function faint(solid) {
  return solid.replace('rgb(', 'rgba(').replace(')', ', 0.13)')
}

/** @param {number} index @param {Element} element */
function lineColor(index, element) {
  return color(`--line-${(index % 6) + 1}`, element)
}

/** A chart in an element, made again where its lines or colours are others. */
class Chart {
  /** @type {uPlot | undefined} */
  #plot
  #shape = ''
  /** @type {Element | undefined} */
  #place

  /**
   * @param {HTMLElement} place
   * @param {string} shape of what it shows: lines and colours
   * @param {() => Omit<uPlot.Options, 'width' | 'height'>} options
   * @param {uPlot.AlignedData} data
   */
  draw(place, shape, options, data) {
    const width = place.clientWidth
    if (width === 0) return
    if (this.#plot === undefined || this.#shape !== shape || this.#place !== place) {
      this.#plot?.destroy()
      this.#plot = new uPlot({ ...options(), width, height: HEIGHT }, data, place)
      this.#shape = shape
      this.#place = place
      return
    }
    if (this.#plot.width !== width) this.#plot.setSize({ width, height: HEIGHT })
    this.#plot.setData(data)
  }
}

const freshnessChart = new Chart()
const eventChart = new Chart()

/** @param {number} hours @param {number} now milliseconds since 1970 */
function columnsOf(hours, now) {
  const until = Math.floor(now / 60_000)
  const from = until - hours * 60 + 1
  const step = Math.max(1, Math.ceil((hours * 60) / MOST_COLUMNS))
  const columns = []
  for (let start = from; start <= until; start += step)
    columns.push({ start, end: Math.min(start + step - 1, until) })
  return columns
}

/** @param {Minutes} minutes @param {{ start: number, end: number }} column */
function valuesIn(minutes, { start, end }) {
  const values = []
  for (let minute = start; minute <= end; minute += 1) {
    const value = minutes.get(minute)
    if (value !== undefined) values.push(value)
  }
  return values
}

/**
 * How old each resource's watermark was, at its oldest.
 *
 * @param {HTMLElement} place
 * @param {{ series: ReadonlyMap<string, Minutes>, hours: number, now: number, theme: string }} shown
 */
export function drawFreshness(place, { series, hours, now, theme }) {
  const columns = columnsOf(hours, now)
  const names = [...series.keys()].toSorted()
  const lines = names.map((name) =>
    columns.map((column) => {
      const values = valuesIn(series.get(name) ?? new Map(), column)
      return values.length === 0 ? null : Math.max(...values)
    }),
  )
  const options = () => ({
    ...frame(place, (/** @type {number} */ value) => shortSpan(value), SPANS),
    series: [
      {},
      ...names.map((name, index) => ({
        label: name,
        stroke: lineColor(index, place),
        fill: names.length === 1 ? faint(lineColor(index, place)) : 'transparent',
        width: 2,
        points: { show: false },
      })),
    ],
  })
  freshnessChart.draw(place, `${theme}/${hours}/${names.join()}`, options, aligned(columns, lines))
}

/**
 * Events a minute, by kind, one upon the other.
 *
 * @param {HTMLElement} place
 * @param {{ series: ReadonlyMap<EventKind, Minutes>, hours: number, now: number, theme: string }} shown
 */
export function drawEvents(place, { series, hours, now, theme }) {
  const columns = columnsOf(hours, now)
  const kinds = EVENT_KINDS.filter((kind) => series.has(kind))
  /** @type {number[]} */
  let below = columns.map(() => 0)
  const stacked = kinds.map((kind) => {
    const minutes = series.get(kind) ?? new Map()
    below = columns.map((column, index) => {
      const sum = valuesIn(minutes, column).reduce((total, value) => total + value, 0)
      return (below[index] ?? 0) + sum / (column.end - column.start + 1)
    })
    return below
  })
  const bars = uPlot.paths.bars?.({ size: [1, 60], gap: 1 })
  const options = () => ({
    ...frame(place, (/** @type {number} */ value) => number(value)),
    series: [
      {},
      // The highest is drawn first, so that each lower one covers it.
      ...kinds.toReversed().map((kind) => ({
        label: kind,
        fill: color(`--event-${kind.toLowerCase()}`, place),
        width: 0,
        points: { show: false },
        ...(bars === undefined ? {} : { paths: bars }),
      })),
    ],
  })
  eventChart.draw(place, `${theme}/${hours}/${kinds.join()}`, options, aligned(columns, stacked.toReversed()))
}

/**
 * @param {readonly { start: number }[]} columns
 * @param {readonly (readonly (number | null)[])[]} lines
 * @returns {uPlot.AlignedData}
 */
function aligned(columns, lines) {
  const times = columns.map(({ start }) => start * 60)
  return /** @type {uPlot.AlignedData} */ ([times, ...lines])
}

/** Steps of a scale, in seconds. */
const SPANS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400, 604_800,
]

/** @param {Element} place @param {(value: number) => string} label @param {number[]} [steps] */
function frame(place, label, steps) {
  const axis = {
    stroke: color('--muted', place),
    grid: { stroke: color('--grid', place), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  }
  return {
    legend: { show: false },
    cursor: { show: false },
    padding: /** @type {uPlot.Padding} */ ([10, 8, 0, 0]),
    scales: {
      y: {
        range: /** @type {(plot: uPlot, min: number, max: number) => uPlot.Range.MinMax} */ (
          (_plot, _min, max) => [0, Math.max(1, (max ?? 0) * 1.1)]
        ),
      },
    },
    axes: [
      { ...axis, grid: { show: false }, space: 64, gap: 10, size: 36, values: hoursOf },
      {
        ...axis,
        size: 58,
        ...(steps === undefined ? {} : { incrs: steps }),
        space: 34,
        values: (/** @type {uPlot} */ _plot, /** @type {number[]} */ splits) => splits.map(label),
      },
    ],
  }
}

const HOUR = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })

/** @param {uPlot} _plot @param {number[]} splits */
function hoursOf(_plot, splits) {
  return splits.map((seconds) => HOUR.format(seconds * 1_000))
}
