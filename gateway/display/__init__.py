"""The gate staff's screen, a local web page that is always live or says that it is not, and the report of a replay."""
