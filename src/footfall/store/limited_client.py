"""A client whose queries keep to the limits of one read, and end when its caller leaves."""

import math
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from footfall.runtime.read_queue import Read

CANCEL: Final = "KILL QUERY WHERE Settings['log_comment'] = {read:String} ASYNC"


class Bounded:
    """The methods of a client that read."""

    def __init__(self, client: Client, read: Read) -> None:
        self._client = client
        self._read = read

    def query(self, sql: str, **given: Any) -> Any:
        return self._client.query(self._limited(sql), **given)

    def raw_query(self, sql: str, **given: Any) -> bytes:
        return self._client.raw_query(self._limited(sql), **given)

    def raw_stream(self, sql: str, **given: Any) -> Any:
        return self._client.raw_stream(self._limited(sql), **given)

    def _limited(self, sql: str) -> str:
        """With the limits in the SQL, whose settings stand at its end: given to the client they
        would be set and restored around every query."""
        seconds = math.ceil(self._read.seconds_left())
        limits = (
            f"max_execution_time = {seconds}, max_memory_usage = {self._read.memory_bytes_max},"
            f" log_comment = '{self._read.id}'"
        )
        return f"{sql}{', ' if 'SETTINGS ' in sql else ' SETTINGS '}{limits}"
