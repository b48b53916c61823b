import type { HeldChunk, HeldKey } from '../domain/hold.ts'
import type { FeedNotification as Notification } from '../domain/notification.ts'
import { RecordCodec } from '../events/record-codec.ts'
import type { SchemaInUse } from '../events/registry/schema-look.ts'
import type { SchemaRegistry } from '../events/registry/schema-registry.ts'
import { readSchemaFile } from '../events/schema/schema-file.ts'
import { together } from '../support/together.ts'
import type {
  CertificateRecord,
  Checkpoint,
  MarkerRecord,
  Owner,
  PausesRecord,
  RowMarks,
  RowTopicsState,
  Truncation,
  Watermark,
} from './state-records.ts'
import type { TopicNames } from './topic-names.ts'

type Codecs = Readonly<
  Record<
    | 'Checkpoint'
    | 'RowTopics'
    | 'Watermark'
    | 'Owner'
    | 'Truncation'
    | 'PassMarker'
    | 'SweepCertificate'
    | 'HeldKeys'
    | 'FeedNotification'
    | 'Pauses',
    RecordCodec
  >
>

/** From the publisher's own records to values in the Confluent wire format; decode-state.ts reads them back. */
export class StateCodec {
  readonly #codecs: Codecs

  private constructor(codecs: Codecs) {
    this.#codecs = codecs
  }

  /** Registers their schemas. Writes nothing to a registry that knows them. */
  static async open(
    registry: SchemaRegistry,
    { checkpoints, control, holds }: Pick<TopicNames, 'checkpoints' | 'control' | 'holds'>,
    signal: AbortSignal,
  ): Promise<StateCodec> {
    const codec = (name: string, topic: string) => (within: AbortSignal) =>
      RecordCodec.register(registry, topic, readSchemaFile(name), within)
    const [
      Checkpoint,
      RowTopics,
      Watermark,
      Owner,
      Truncation,
      PassMarker,
      SweepCertificate,
      HeldKeys,
      Pauses,
      FeedNotification,
    ] = await together(
      [
        codec('Checkpoint', checkpoints),
        codec('RowTopics', checkpoints),
        codec('Watermark', checkpoints),
        codec('Owner', checkpoints),
        codec('Truncation', checkpoints),
        codec('PassMarker', control),
        codec('SweepCertificate', control),
        codec('HeldKeys', holds),
        codec('Pauses', checkpoints),
        codec('FeedNotification', control),
      ],
      signal,
    )
    return new StateCodec({
      Checkpoint,
      RowTopics,
      Watermark,
      Owner,
      Truncation,
      PassMarker,
      SweepCertificate,
      HeldKeys,
      Pauses,
      FeedNotification,
    })
  }

  /** What everything that was encoded can be read with. */
  schemasInUse(): readonly SchemaInUse[] {
    return Object.values(this.#codecs).map(({ schema }) => schema)
  }

  checkpoint({ progress, rows, ...rest }: Checkpoint): Uint8Array {
    return this.#codecs.Checkpoint.encode({
      ...rest,
      ...progress,
      rows: byTopic(rows),
      pass: progress.pass.toUpperCase(),
      state: progress.state.toUpperCase(),
    })
  }

  rowTopics({ rows, ...rest }: RowTopicsState): Uint8Array {
    return this.#codecs.RowTopics.encode({ ...rest, rows: byTopic(rows) })
  }

  watermark(watermark: Watermark): Uint8Array {
    return this.#codecs.Watermark.encode(watermark)
  }

  owner(owner: Owner): Uint8Array {
    return this.#codecs.Owner.encode(owner)
  }

  notification({ kind, recovers, ...said }: Notification): Uint8Array {
    const over = recovers === null ? null : { ...recovers, kind: recovers.kind.toUpperCase() }
    return this.#codecs.FeedNotification.encode({ ...said, kind: kind.toUpperCase(), recovers: over })
  }

  pauses(pauses: PausesRecord): Uint8Array {
    return this.#codecs.Pauses.encode(pauses)
  }

  truncation(truncation: Truncation): Uint8Array {
    return this.#codecs.Truncation.encode(truncation)
  }

  marker({ nextOffsets, ...marker }: MarkerRecord): Uint8Array {
    return this.#codecs.PassMarker.encode({
      ...marker,
      endOffsets: nextOffsets,
      pass: marker.pass.toUpperCase(),
      event: marker.event.toUpperCase(),
    })
  }

  certificate(certificate: CertificateRecord): Uint8Array {
    return this.#codecs.SweepCertificate.encode(certificate)
  }

  heldKeys({ hold, chunk, whole, keys }: HeldChunk): Uint8Array {
    return this.#codecs.HeldKeys.encode({
      ...hold,
      pass: hold.pass.toUpperCase(),
      kind: hold.kind.toUpperCase(),
      chunk,
      chunks: whole?.chunks ?? null,
      total: whole?.keys ?? null,
      keys: keys.map(heldKey),
    })
  }
}

function heldKey({ proof, position, ...known }: HeldKey): object {
  return {
    ...known,
    reason: proof?.reason ?? null,
    evidence: proof?.evidence ?? null,
    provedAt: proof?.at ?? null,
    partition: position?.partition ?? null,
    offset: position?.offset ?? null,
  }
}

function byTopic(rows: RowMarks): object {
  return Object.fromEntries(rows)
}
