"""The command `footfall`, and `python -m footfall`."""

import gc
import os


def main() -> None:
    os.umask(0o077)  # whatever a command writes is for its user alone
    gc.disable()  # what is imported stays; to look for garbage in it takes a fifth of a start
    from footfall.cli import app

    gc.enable()
    app()


if __name__ == "__main__":
    main()
