"""Proves that a topic, or a store, holds what a sweep has certified: verify_certificate.py [RESOURCE] [STORE.db | STORE.tsv]

A second implementation of docs/certificate.md. Without a store it replays the topic. The store is a file that `listingstream
rebuild --to sqlite:STORE.db` has filled, or what any other store says of its keys: a key, a tab and a digest a line. Exit code 1 if
they differ.
"""

import hashlib
import json
import sqlite3
import sys

from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from feed import PREFIX, REGISTRY, read_messages

Contents = dict[bytes, bytes]


def certificates(resource: str) -> list[dict]:
    """Those of the resource, the newest first."""
    topic = f"{PREFIX}.control"
    deserialize = AvroDeserializer(SchemaRegistryClient({"url": REGISTRY}))
    context = SerializationContext(topic, MessageField.VALUE)
    batches = read_messages([topic], until_end=True)
    records = [deserialize(message.value(), context) for batch in batches for message in batch]
    # Markers of passes have other fields.
    return [record for record in records if "root" in record and record["resource"] == resource][::-1]


def contents_of_topic(resource: str, end_offsets: list[int]) -> Contents:
    contents: Contents = {}
    batches = read_messages([f"{PREFIX}.{resource}"], until_end=True)
    for message in (message for batch in batches for message in batch):
        headers = dict(message.headers())
        if message.offset() >= end_offsets[message.partition()]:
            continue
        if message.value() is None or headers["ce_type"].endswith(b"Deleted"):
            contents.pop(message.key(), None)
        else:
            contents[message.key()] = bytes.fromhex(headers["digest"].decode())
    return contents


def contents_of_store(resource: str, file: str) -> tuple[Contents, list[int]]:
    database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    (state,) = database.execute("SELECT value FROM _listingstream_state WHERE name = 'visible'").fetchone()
    tables = {table["resource"]: table for table in json.loads(state)["tables"]}
    key, table = tables[resource]["columns"][0]["name"], tables[resource]["name"]
    rows = database.execute(f'SELECT "{key}", "ContentDigest" FROM "{table}"')
    return {key.encode(): bytes.fromhex(digest) for key, digest in rows}, json.loads(state)["offsets"][resource]


def contents_of_lines(file: str) -> Contents:
    with open(file, encoding="ascii") as lines:
        entries = (line.split() for line in lines)
        return {key.encode(): bytes.fromhex(digest) for key, digest in entries}


def bucket_digests(contents: Contents) -> list[str]:
    buckets = [hashlib.sha256() for _ in range(256)]
    for key in sorted(contents):
        buckets[hashlib.sha256(key).digest()[0]].update(len(key).to_bytes(2, "big") + key + contents[key])
    return [bucket.hexdigest() for bucket in buckets]


def main(resource: str = "listings", store: str | None = None) -> int:
    known = certificates(resource)
    if store is not None and store.endswith(".tsv"):
        contents = contents_of_lines(store)
    elif store is not None:
        contents, offsets = contents_of_store(resource, store)
        known = [one for one in known if one["endOffsets"] == offsets]
    if not known:
        print(f"{resource}: there is no certificate of this state; rebuild behind a sweep, before its next change")
        return 1
    if store is None:
        contents = contents_of_topic(resource, known[0]["endOffsets"])
    digests = bucket_digests(contents)
    root = hashlib.sha256(b"".join(map(bytes.fromhex, digests))).hexdigest()
    wrong = [number for number in range(256) if digests[number] != known[0]["buckets"][number]]
    agrees = root == known[0]["root"] and not wrong
    print(f"{resource}: {'proved' if agrees else 'NOT proved'}, {len(contents)} keys, buckets that differ: {wrong}")
    return 0 if agrees else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
