"""Changes of stored events and checks of them: erasure, rebuilding, archives, audits."""
