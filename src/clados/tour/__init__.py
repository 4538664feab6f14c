"""The tour: an encoder, a decoder and an encoder-decoder, from card to trained small model, and a report of it."""
