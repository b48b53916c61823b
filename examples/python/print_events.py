"""Prints every event of topics as a line of JSON: print_events.py [--until-end] listings accounts …"""

import json
import sys
from dataclasses import asdict
from datetime import date, datetime

from feed import PREFIX, read


def main(args: list[str]) -> None:
    names = [arg for arg in args if arg != "--until-end"] or ["listings"]
    topics = [f"{PREFIX}.{name}" for name in names]
    for batch in read(topics, until_end="--until-end" in args):
        for event in batch:
            print(json.dumps(asdict(event), default=as_text))
        sys.stdout.flush()


def as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value)} in an event")


if __name__ == "__main__":
    main(sys.argv[1:])
