"""Names of texts that are no files; here, so that whoever only names one loads no reader."""

SAMPLE = "sample"
DEFAULT_DATASET = "Jax-dan/HundredCV-Chat"
