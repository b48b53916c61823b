/** Examples of a page: commands for a shell, and the answers that are said to follow. */
import { isDeepStrictEqual } from 'node:util'

export interface Example {
  readonly command: string
  /** Undefined where the page shows none. */
  readonly answer: { readonly language: string; readonly text: string } | undefined
}

const BLOCK = /^```(?<language>\w+)\n(?<text>[^]*?)^```$/gm
/** In the place of what an answer has there, or of more of the same. */
const ANYTHING = '…'

export function blocksOf(markdown: string): readonly { language: string; text: string }[] {
  return [...markdown.matchAll(BLOCK)].map(({ groups }) => ({
    language: groups?.['language'] ?? '',
    text: groups?.['text'] ?? '',
  }))
}

/** Each block for a shell with the block behind it, if that is not one itself. */
export function examplesOf(markdown: string): readonly Example[] {
  const blocks = blocksOf(markdown)
  return blocks.flatMap(({ language, text }, i) => {
    if (language !== 'sh') return []
    const next = blocks[i + 1]
    const answer = next?.language === 'json' || next?.language === 'text' ? next : undefined
    return [{ command: text, answer }]
  })
}

/** Whether an answer is as an example says: `"…"` stands for any value, and as the last of a list, or as a name, for any more. */
export function isAsShown(shown: unknown, answer: unknown): boolean {
  if (shown === ANYTHING) return answer !== undefined
  if (Array.isArray(shown)) {
    if (!Array.isArray(answer)) return false
    const isOpen = shown.at(-1) === ANYTHING
    const wanted = isOpen ? shown.slice(0, -1) : shown
    if (isOpen ? answer.length < wanted.length : answer.length !== wanted.length) return false
    return wanted.every((value, i) => isAsShown(value, answer[i]))
  }
  if (!isRecord(shown)) return isDeepStrictEqual(shown, answer)
  if (!isRecord(answer)) return false
  const names = Object.keys(shown).filter((name) => name !== ANYTHING)
  if (!(ANYTHING in shown) && Object.keys(answer).length !== names.length) return false
  return names.every((name) => isAsShown(shown[name], answer[name]))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
