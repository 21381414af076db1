"""PassEntry's wire: what requests and answers look like, and pure translations to and from them.

https://docs.passentry.com/api-reference/v1; docs/dialects/passentry.md has what was chosen where
the pages do not say. Times are ISO 8601 in UTC on the wire, milliseconds since 1970 inside.
"""
