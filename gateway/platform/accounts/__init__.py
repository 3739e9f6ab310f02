"""Who people and programs are: accounts with roles, signing in with password and second factor, sessions, keys, the audit trail."""
