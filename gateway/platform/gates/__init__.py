"""The gates that belong to this platform: approved, enrolled by certificate, revoked."""
