"""The rule of every file that holds a token or a password, at gate and platform alike. Pure: who reads one asks with its mode."""

import stat


def objection(mode: int) -> str:
    """What is wrong with a secret's file of this mode (`st_mode`), and what to do; empty where nothing is."""
    return "readable by everyone on this machine; chmod o-r it" if mode & stat.S_IROTH else ""
