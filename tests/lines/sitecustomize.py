"""Python imports this when a process starts that a test run started: what it runs of seqchat is measured too."""

import os

if "SEQCHAT_LINES" in os.environ:
    import measuring

    measuring.measure_this_process()
