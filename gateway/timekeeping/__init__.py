"""How far the gate's clock is from the platform's and from an NTP server's. The gate measures and says so; it sets no clock."""
