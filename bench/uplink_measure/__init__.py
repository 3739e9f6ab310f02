"""What the way to the platform costs a gate: links that are slow or break, and the first fill of its orders."""
