"""This gate's cached CN orders and registers, kept in the gate's file and found while the platform is away."""
