"""What runs beside requests: threads, periodic tasks, quotas, reads in turns, the shutdown."""
