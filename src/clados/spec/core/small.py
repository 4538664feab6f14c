"""Numbers of the small parts that proofs compute with: a short text shows each of them."""

VOCABULARY = 131  # tokens
LENGTH = 23  # tokens of a text
MEMORY = LENGTH + 3  # positions that are kept of earlier texts
SPAN = 5  # of a band, and the distance beyond which all count as one
BUCKETS, FURTHEST = 14, 16  # of relative biases, and the distance of their last
