/** The value of a sample of the only feed, named with its labels but for `feed`; 0 where it is not there. */
export function sampleOf(metrics: string, name: string): number {
  const start = `${name} `
  const lines = metrics
    .split('\n')
    .map((line) => line.replace(/,feed="[^"]*"|feed="[^"]*",?/, '').replace('{}', ''))
  return Number(lines.find((line) => line.startsWith(start))?.slice(start.length) ?? 0)
}
