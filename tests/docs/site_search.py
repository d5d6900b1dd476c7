"""What a search of the built site finds: `site_search.py INDEX WORD...`, as JSON.

Run with the environment of the site, which has lunr: the index is searched as the page does it,
with its fields and their weights.
"""

from __future__ import annotations

import json
import sys

from lunr import lunr  # type: ignore[import-not-found]


def main(file: str, words: list[str]) -> None:
    """Print the pages of each word, the best first."""
    with open(file, encoding="utf-8") as opened:
        index = json.load(opened)
    for entry in index["docs"]:
        entry["tags"] = " ".join(entry.get("tags", ()))
    fields = [
        {"field_name": name, "boost": field["boost"]}
        for name, field in index["config"]["fields"].items()
    ]
    documents = [(entry, {"boost": entry.get("boost", 1)}) for entry in index["docs"]]
    found = lunr(ref="location", fields=fields, documents=documents)
    pages = {
        word: list(dict.fromkeys(hit["ref"].partition("#")[0] for hit in found.search(word)))
        for word in words
    }
    print(json.dumps(pages))


main(sys.argv[1], sys.argv[2:])
