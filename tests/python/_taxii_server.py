"""Serves a file with medallion, on a port of this machine and without TLS: `_taxii_server.py PORT DATA [indexed]`.

With `indexed`, the searches of medallion's memory are replaced by ones in a table. Medallion compares each object with each
entry of the manifest, which takes hours for 100,000 objects. The answers are equal.
"""

import logging
import sys

import medallion
from medallion.backends import memory_backend
from medallion.common import string_to_datetime
from medallion.filters.basic_filter import BasicFilter

USERS = {"ana": "secret"}
PAGE = 1000


def added_times(manifest):
    """Returns the entry of each object and version."""
    if not hasattr(added_times, "table"):
        added_times.table = {(entry["id"], entry["version"]): entry for entry in manifest}
    return added_times.table


def entry_of(item, manifest):
    return added_times(manifest)[item["id"], item["modified"]]


def filter_by_added_after(data, manifest, added_after):
    after = string_to_datetime(added_after)
    return [item for item in data if string_to_datetime(entry_of(item, manifest)["date_added"]) > after]


def sort_and_paginate(self, data, limit, manifest):
    if not data:
        return [], {}, {}
    data = sorted(data, key=lambda item: entry_of(item, manifest)["date_added"])
    page = data[:limit]
    headers = {
        "X-TAXII-Date-Added-First": entry_of(page[0], manifest)["date_added"],
        "X-TAXII-Date-Added-Last": entry_of(page[-1], manifest)["date_added"],
    }
    return page, data[limit:], headers


def find_headers(headers, manifest, item):
    name = "X-TAXII-Date-Added-Last" if headers else "X-TAXII-Date-Added-First"
    headers[name] = entry_of(item, manifest)["date_added"]


class IndexedBackend(memory_backend.MemoryBackend):
    """Medallion's memory, without a copy of all objects for each question about the collection."""

    def get_collection(self, api_root, collection_id):
        for collection in self.data.get(api_root, {}).get("collections", []):
            if collection["id"] == collection_id:
                return {name: value for name, value in collection.items() if name not in ("objects", "manifest")}
        return None


def index():
    BasicFilter.filter_by_added_after = staticmethod(filter_by_added_after)
    BasicFilter.filter_by_spec_version = staticmethod(lambda data, spec: data)
    BasicFilter.sort_and_paginate = sort_and_paginate
    memory_backend.find_headers = find_headers
    memory_backend.IndexedBackend = IndexedBackend


def main():
    port, data, *flags = sys.argv[1:]
    is_indexed = "indexed" in flags
    if is_indexed:
        index()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    backend = {
        "module": "medallion.backends.memory_backend",
        "module_class": "IndexedBackend" if is_indexed else "MemoryBackend",
        "filename": data,
    }
    application = medallion.application_instance
    medallion.set_config(application, "users", {"users": USERS})
    medallion.set_config(application, "taxii", {"taxii": {"max_page_size": PAGE if is_indexed else 50}})
    medallion.set_config(application, "backend", {"backend": backend})
    medallion.register_blueprints(application)
    application.run(host="127.0.0.1", port=int(port), threaded=True)


if __name__ == "__main__":
    main()
