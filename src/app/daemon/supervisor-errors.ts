/** Why a feed does not do what is asked of it. */
import { ListingstreamError } from '../../support/errors.ts'

export function notReady(): ListingstreamError {
  return new ListingstreamError('The daemon does not own the feed yet; see /readyz for what it waits for.', {
    code: 'NOT_READY',
    retryable: true,
  })
}

export function feedElsewhere(): ListingstreamError {
  return new ListingstreamError(
    'Another instance of the group has this feed, or will have it within seconds. Ask there: GET /feeds of each says which it has.',
    { code: 'FEED_ELSEWHERE', retryable: true },
  )
}

export function restartNeedsStop(): ListingstreamError {
  return new ListingstreamError(
    'A daemon is running on this DATA_DIR. Stop it, run "listingstream snapshot --restart", then start it again.',
    { code: 'RESTART_NEEDS_STOP', retryable: false, disposition: 'stop' },
  )
}
