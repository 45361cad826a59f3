"""How often everything is done: a slice of minutes, or all of it under `make torture`."""

import os

ALL = os.environ.get("XSHOT_TORTURE") == "all"

KILLS_OF_EXTRACT = 50 if ALL else 5
KILLS_OF_A_STAGE = 20 if ALL else 1
INPUTS = 10_000 if ALL else 200
