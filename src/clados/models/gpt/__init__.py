"""GPT and its descendants: left-to-right decoders."""
