/** Members before and behind the results are short. */
const LOOKED_AT_BYTES = 1024

/** Of the documented form, in the characters that tokens have; nothing else is foreseen. */
const TOKEN = /"SkipToken"\s*:\s*"([\w.~+/=-]{1,512})"/g

/**
 * The token of the next page, as it seems from the ends of an unzipped page that is not read yet. A row may hold the same words:
 * it counts only if the page, once read, names it.
 */
export function foreseenToken(page: Buffer): string | undefined {
  return lastToken(page.subarray(-LOOKED_AT_BYTES)) ?? lastToken(page.subarray(0, LOOKED_AT_BYTES))
}

function lastToken(bytes: Buffer): string | undefined {
  return [...bytes.toString('latin1').matchAll(TOKEN)].at(-1)?.[1]
}
