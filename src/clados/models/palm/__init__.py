"""PaLM and Google's other large decoders."""
