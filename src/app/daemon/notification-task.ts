/** Sends what a feed notifies of: to the webhook, if there is one, and to the topic `control`. Whatever becomes of that, the feed goes on. */
import type { Settings } from '../../config/settings.ts'
import type { FeedNotification } from '../../domain/notification.ts'
import type { Logger } from '../../ops/logger.ts'
import type { Notices } from '../../ops/notifications/notices.ts'
import { Outbox } from '../../ops/notifications/outbox.ts'
import { sendToWebhook } from '../../ops/notifications/webhook.ts'
import type { HealthReport } from '../../ops/health.ts'
import { SYSTEM_TIMER } from '../../support/timer.ts'
import { together } from '../../support/together.ts'
import { webhookOptions } from '../compose/clients.ts'
import { SYSTEM_CLOCK } from '../compose/system-clock.ts'

const LOOK_MS = 5_000
const MOST_WAITING = 100
/** From 5 s on, up to a quarter of an hour: some hours in all. */
const BACKOFF = { baseMs: 5_000, capMs: 15 * 60_000 }
const TRIES = 20

export interface NotificationTaskOptions {
  readonly prefix: string
  readonly webhook: Settings['webhook']
  readonly logger: Logger
  readonly counted: (kind: FeedNotification['kind'], result: 'sent' | 'dropped') => void
}

export interface NotifyingFeed {
  readonly notices: Notices
  readonly readiness: () => HealthReport
  /** To the topic `control`. @throws {ListingstreamError} */
  readonly publish: (notification: FeedNotification, signal: AbortSignal) => Promise<void>
}

export class NotificationTask {
  readonly #options: NotificationTaskOptions
  readonly #toWebhook: Outbox<FeedNotification>
  readonly #toTopic: Outbox<FeedNotification>

  constructor(options: NotificationTaskOptions) {
    const { logger, counted } = options
    const shared = {
      most: MOST_WAITING,
      tries: TRIES,
      backoff: BACKOFF,
      timer: SYSTEM_TIMER,
      random: Math.random,
    }
    this.#options = options
    this.#toWebhook = new Outbox({
      ...shared,
      onDropped: ({ kind, message }, err) => {
        counted(kind, 'dropped')
        logger.warn({ err, kind, message }, 'a notification could not be sent to the webhook; it is dropped')
      },
    })
    this.#toTopic = new Outbox({
      ...shared,
      onDropped: ({ kind, message }, err) =>
        logger.warn({ err, kind, message }, 'a notification could not be published in the topic control'),
    })
  }

  add(notification: FeedNotification): void {
    const { kind, resource, pass, code, message } = notification
    this.#options.logger.info({ event: 'notification', kind, resource, pass, code }, message)
    if (this.#options.webhook !== null) this.#toWebhook.add(notification)
    this.#toTopic.add(notification)
  }

  /** Until the signal aborts; then it rejects with its reason. */
  async run({ notices, readiness, publish }: NotifyingFeed, signal: AbortSignal): Promise<void> {
    const { webhook, prefix, counted } = this.#options
    const tasks = [
      async (within: AbortSignal): Promise<never> => {
        for (;;) {
          notices.look(readiness())
          await SYSTEM_CLOCK.sleep(LOOK_MS, within)
        }
      },
      (within: AbortSignal) => this.#toTopic.run(publish, within),
    ]
    if (webhook !== null) {
      const to = webhookOptions(webhook, prefix)
      tasks.push((within) =>
        this.#toWebhook.run(async (notification, sending) => {
          await sendToWebhook(to, notification, sending)
          counted(notification.kind, 'sent')
        }, within),
      )
    }
    await together(tasks, signal)
  }
}
