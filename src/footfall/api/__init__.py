"""What every API shares: authentication, bodies, errors, files, documents, idempotency."""
