/** Two values of a field in one line, so that what differs is seen even where they are long. */
const LONGEST_VALUE = 80
/** Of a long text, what is shown before the first difference. */
const LEAD = 20
/** Of a list, so many of what was added and of what was removed. */
const MOST_ITEMS = 10

export function describeDifference(before: unknown, after: unknown): string {
  if (Array.isArray(before) && Array.isArray(after)) return ofLists(before.map(textOf), after.map(textOf))
  const [from, to] = cutAlike(textOf(before), textOf(after))
  return `${from} → ${to}`
}

/** One value, cut. */
export function shortValue(value: unknown): string {
  const text = textOf(value)
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null')
}

/** An item counts as often as it is there. */
function ofLists(before: readonly string[], after: readonly string[]): string {
  const removed = without(before, after)
  const added = without(after, before)
  if (removed.length + added.length === 0) return `the same ${after.length} in another order`
  const pairs = Array.from({ length: Math.max(removed.length, added.length) }, (_, i) =>
    cutAlike(removed[i] ?? '', added[i] ?? ''),
  )
  const plus = pairs.slice(0, added.length).map(([, item]) => `+${item}`)
  const minus = pairs.slice(0, removed.length).map(([item]) => `-${item}`)
  return [...bounded(plus), ...bounded(minus)].join(' ')
}

function without(items: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>()
  for (const item of others) left.set(item, (left.get(item) ?? 0) + 1)
  return items.filter((item) => {
    const count = left.get(item) ?? 0
    left.set(item, count - 1)
    return count <= 0
  })
}

function bounded(items: readonly string[]): readonly string[] {
  const more = items.length - MOST_ITEMS
  return more > 0 ? [...items.slice(0, MOST_ITEMS), `(and ${more} more)`] : items
}

/** Both around the first place where they differ. */
function cutAlike(one: string, other: string): readonly [string, string] {
  if (Math.max(one.length, other.length) <= LONGEST_VALUE) return [one, other]
  let same = 0
  while (same < Math.min(one.length, other.length) && one[same] === other[same]) same += 1
  const start = same + LEAD < LONGEST_VALUE ? 0 : wholeCharacter(one, same - LEAD)
  return [cutFrom(one, start), cutFrom(other, start)]
}

function cutFrom(text: string, start: number): string {
  const end = text.length <= start + LONGEST_VALUE ? text.length : wholeCharacter(text, start + LONGEST_VALUE)
  return `${start > 0 ? '…' : ''}${text.slice(start, end)}${end < text.length ? '…' : ''}`
}

/** Not between the two halves of one. */
function wholeCharacter(text: string, at: number): number {
  const unit = text.charCodeAt(at)
  return unit >= 0xdc_00 && unit <= 0xdf_ff ? at - 1 : at
}
