"""The steps that bring a database file to this program's version. Run at start by `platform.database`."""
