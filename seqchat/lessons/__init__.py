"""The lessons as data: what each says, its models, and what these make of its example; the app shows them."""
