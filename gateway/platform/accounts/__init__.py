"""Who people are: accounts with roles, signing in with password and second factor, sessions, and the audit trail."""
