"""BLE vehicle seals: advertisements in, authentic and fresh seal states out (docs/seal-profile.md)."""
