"""The command `footfall`, and `python -m footfall`."""

import gc


def main() -> None:
    gc.disable()  # what is imported stays; to look for garbage in it takes a fifth of a start
    from footfall.cli import app

    gc.enable()
    app()


if __name__ == "__main__":
    main()
