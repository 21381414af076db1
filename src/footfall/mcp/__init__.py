"""MCP, the Model Context Protocol: our APIs as the tools of an assistant.

    endpoint.py   /mcp: who may enter             stdio.py   the same for `footfall mcp`
    messages.py   what a message must be
    server.py     what the SDK asks of us ──► tools.py: an HTTP request ──► answers.py: its answer

A tool is one request to our own HTTP API, with the key of whoever calls it: scopes, limits, errors
and accounts are those of the API, and there is nothing here that could differ. The SDK takes 30 MB
and a second to import, so only `server.py`, `answers.py` and `stdio.py` know it, and `/mcp` imports
them when it is first requested.
"""
