"""The command `footfall` and what it needs beside the server."""
