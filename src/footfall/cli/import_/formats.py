"""The formats that can be imported."""

from enum import StrEnum
from typing import Final


class FileFormat(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"
    NGINX = "nginx"
    APACHE = "apache"
    CADDY = "caddy"


LOGS: Final = frozenset({FileFormat.NGINX, FileFormat.APACHE, FileFormat.CADDY})
SUFFIXES: Final = {
    ".csv": FileFormat.CSV,
    ".tsv": FileFormat.CSV,
    ".ndjson": FileFormat.NDJSON,
    ".jsonl": FileFormat.NDJSON,
    ".parquet": FileFormat.PARQUET,
}
