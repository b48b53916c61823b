/** Whether somebody watches, on something that can have a line that moves. */
export function isWatched(stream: Pick<NodeJS.WriteStream, 'isTTY'> = process.stderr): boolean {
  return stream.isTTY && process.env['TERM'] !== 'dumb' && !('CI' in process.env)
}
