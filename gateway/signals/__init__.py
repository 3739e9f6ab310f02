"""Loops, lights and the barrier of a lane over Modbus, fail-safe: red and closed whenever nobody says otherwise."""
