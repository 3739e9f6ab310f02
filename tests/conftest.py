"""What holds for every test."""

from hypothesis import settings

# A deadline measures the machine and whoever else is busy on it, not the code.
settings.register_profile("gate", deadline=None)
settings.load_profile("gate")
