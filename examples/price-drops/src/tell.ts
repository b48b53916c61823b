import type { PriceDrop } from './price-drop.ts'

/** Prints the drop as a line of JSON, or sends it to the webhook. Rejects if that does not take it: the drop comes again. */
export async function tell(drop: PriceDrop, webhookUrl: string | null, signal: AbortSignal): Promise<void> {
  const body = JSON.stringify(drop)
  if (webhookUrl === null) {
    process.stdout.write(`${body}\n`)
    return
  }
  const response = await fetch(webhookUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': drop.id },
    body,
    signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
  })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`The webhook answered ${response.status}.`)
}
