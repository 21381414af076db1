"""The command `footfall`, and `python -m footfall`."""

import gc
import locale
import os
import sys


def main() -> None:
    if not sys.flags.utf8_mode and locale.getencoding().lower() not in ("utf-8", "utf8"):
        # Our files and those of libraries are UTF-8, whatever the locale's encoding (PEP 540).
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, [sys.executable, "-m", "footfall", *sys.argv[1:]])  # noqa: S606
    os.umask(0o077)  # whatever a command writes is for its user alone
    gc.disable()  # what is imported stays; to look for garbage in it takes a fifth of a start
    from footfall.cli.main import app

    gc.enable()
    try:
        app()
    except OSError as error:
        if error.filename is not None:
            raise
        # What is left to print would fail once more when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
        sys.stderr.write(f"footfall: the output cannot be written: {error.strerror}.\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
