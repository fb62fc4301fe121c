"""Types of arguments."""

from typing import Protocol


class ArrowStream(Protocol):
    """An object with the Arrow PyCapsule interface, such as a table of pyarrow, polars or pandas."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
