"""What was recorded as files: arrays, JSON, pictures and a page to explore."""
