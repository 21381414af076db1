"""Who may sign in: members of an account, their passwords, sessions and one-time links."""
