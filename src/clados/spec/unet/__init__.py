"""Networks over images that go down in resolution and up again."""
