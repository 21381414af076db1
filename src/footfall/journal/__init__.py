"""The durable log between the answer and the event store, and the loader that empties it."""
