"""The `xshot` command: what is not the pipeline. Only here may the library read params.yaml."""

from xshot.interrupts import end_quietly

end_quietly()  # what the commands import takes seconds
