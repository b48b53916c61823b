"""Reads topics of Listingstream with Confluent's ordinary client: every event once, in order by key.

Nothing of Listingstream is used. What the settings are for: docs/consuming.md.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

PREFIX = os.environ.get("TOPIC_PREFIX", "spark")
BROKERS = os.environ.get("KAFKA_BROKERS", "localhost:9092")
# Confluent's own registry is the bare host.
REGISTRY = os.environ.get("SCHEMA_REGISTRY_URL", "http://localhost:8081/apis/ccompat/v7")


@dataclass(frozen=True)
class Event:
    topic: str
    partition: int
    offset: int
    key: str
    # "ListingUpserted", "ListingDeleted", "ListingPhotosReplaced" …, or "Tombstone".
    type: str
    # Differs for every record, and stays the same if a record is read again.
    id: str
    # None for a tombstone. Timestamps are datetimes in UTC, dates are dates.
    value: dict[str, Any] | None


Batch = list[Event]
Offsets = Mapping[tuple[str, int], int]


def read(topics: list[str], *, offsets: Offsets = {}, until_end: bool = False) -> Iterator[Batch]:
    """Batches of events, from `offsets` where they are given and from the beginning elsewhere.

    An empty batch says, once, that all partitions have been read up to where they ended. With `until_end` it is the
    last one. A value that cannot be read, and an offset that the topic does not have any more, raise.
    """
    deserialize = AvroDeserializer(SchemaRegistryClient({"url": REGISTRY}))
    for batch in read_messages(topics, offsets=offsets, until_end=until_end):
        yield [event_of(message, deserialize) for message in batch]


def read_messages(
    topics: list[str], *, offsets: Offsets = {}, until_end: bool = False
) -> Iterator[list[Message]]:
    """The same as they come: values are not read."""
    consumer = Consumer(
        {
            "bootstrap.servers": BROKERS,
            # The client wants one. Offsets are kept by the caller: nothing is committed under this name.
            "group.id": f"{PREFIX}-python-example",
            "enable.auto.commit": False,
            # librdkafka's default; said because all rests on it: records of aborted transactions are never seen.
            "isolation.level": "read_committed",
            # A stored offset that is gone (topic made anew) is an error: to begin again silently would keep ghosts.
            "auto.offset.reset": "error",
            # Tells when a partition has been read up to its last stable offset.
            "enable.partition.eof": True,
        }
    )
    try:
        places = list(partitions_of(consumer, topics))
        consumer.assign([TopicPartition(t, p, offsets.get((t, p), OFFSET_BEGINNING)) for t, p in places])
        behind = set(places)
        is_behind = True
        while True:
            batch: list[Message] = []
            for message in consumer.consume(num_messages=500, timeout=0.5):
                error = message.error()
                if error is None:
                    batch.append(message)
                elif error.code() == KafkaError._PARTITION_EOF:
                    behind.discard((message.topic(), message.partition()))
                else:
                    raise KafkaException(error)
            if batch:
                yield batch
            if is_behind and not behind:
                is_behind = False
                yield []
                if until_end:
                    return
    finally:
        consumer.close()


def partitions_of(consumer: Consumer, topics: list[str]) -> Iterator[tuple[str, int]]:
    for topic in topics:
        metadata = consumer.list_topics(topic, timeout=30).topics[topic]
        if metadata.error is not None:
            raise KafkaException(metadata.error)
        for partition in sorted(metadata.partitions):
            yield topic, partition


def event_of(message: Message, deserialize: AvroDeserializer) -> Event:
    topic, headers = message.topic(), dict(message.headers() or [])
    # Without a reader schema: each value is read by the schema it was written with. One topic has several types, and
    # a schema pinned to one of them would fail on the others.
    value = deserialize(message.value(), SerializationContext(topic, MessageField.VALUE))
    ce_type = headers["ce_type"].decode().removeprefix("listingstream.")
    return Event(
        topic=topic,
        partition=message.partition(),
        offset=message.offset(),
        key=message.key().decode(),
        type="Tombstone" if value is None else ce_type,
        id=headers["ce_id"].decode(),
        value=value,
    )
