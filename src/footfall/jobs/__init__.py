"""Background jobs over stored events: exports, deletion, archives, reclassification."""
