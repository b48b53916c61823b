"""Keeps a table of prices in an SQLite file: listings_to_sqlite.py FILE [--until-end]

Rows and offsets are written in one transaction, so each event counts exactly once, however often this is killed.
"""

import sqlite3
import sys

from feed import PREFIX, Event, read

TABLES = """
CREATE TABLE IF NOT EXISTS listings (listing_key TEXT PRIMARY KEY, status TEXT, price REAL, city TEXT, closed_on TEXT);
CREATE TABLE IF NOT EXISTS offsets (topic TEXT, partition INTEGER, next INTEGER, PRIMARY KEY (topic, partition));
"""
PUT_ROW = "INSERT OR REPLACE INTO listings VALUES (?, ?, ?, ?, ?)"
PUT_OFFSET = "INSERT OR REPLACE INTO offsets VALUES (?, ?, ?)"


def main(file: str, until_end: bool) -> None:
    database = sqlite3.connect(file)
    database.executescript(TABLES)
    offsets = {(topic, part): next for topic, part, next in database.execute("SELECT * FROM offsets")}
    applied = 0
    for batch in read([f"{PREFIX}.listings"], offsets=offsets, until_end=until_end):
        if not batch:
            print(f"caught up after {applied} events", flush=True)
        with database:
            for event in batch:
                apply(database, event)
        applied += len(batch)


def apply(database: sqlite3.Connection, event: Event) -> None:
    if event.type == "ListingUpserted":
        # Any of them may be null: not filled in, or masked by the MLS (maskedFields names it then).
        fields = event.value["listing"]["standardFields"]
        closed_on = fields["CloseDate"] and fields["CloseDate"].isoformat()
        row = (event.key, fields["StandardStatus"], fields["ListPrice"], fields["City"], closed_on)
        database.execute(PUT_ROW, row)
    else:
        # ListingDeleted and the tombstone behind it. After compaction the tombstone may come alone.
        database.execute("DELETE FROM listings WHERE listing_key = ?", (event.key,))
    database.execute(PUT_OFFSET, (event.topic, event.partition, event.offset + 1))


if __name__ == "__main__":
    main(sys.argv[1], "--until-end" in sys.argv[2:])
