"""What lanes confirm: one record per passage and gate sequence number, and the pictures it rests on, each stored once."""
