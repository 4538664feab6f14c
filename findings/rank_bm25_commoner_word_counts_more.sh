#!/usr/bin/env bash
# rank_bm25: a word of half of the documents counts for nothing, a commoner one counts.
# Expected: in BM25 the rarer of two words, each once in documents of one length, gets the higher score.
# Seen: BM25Okapi's weight of a word of exactly half of the documents is log 1 = 0, so a document with it ties with one
#   without; a word of more than half would be negative and gets a quarter of the mean weight instead, above 0. So a
#   word of three of four documents outweighs one of two of four. bm25s (the method "lucene", its default) ranks by
#   rarity. Known to the library's issue tracker (39).
# Versions: rank_bm25 0.2.2, bm25s 0.3.16, numpy 2.4.6.
# Date: 2026-12-01.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet rank_bm25==0.2.2 bm25s==0.3.16 numpy==2.4.6
cd "$work"
venv/bin/python - <<'PY'
import bm25s
from rank_bm25 import BM25Okapi

texts = [text.split() for text in ("sea ship gull", "sea ship crab", "sea rock weed", "hill tree bird")]
okapi, lucene = BM25Okapi(texts), bm25s.BM25()
lucene.index(texts, show_progress=False)
seen = {}
for word in ("sea", "ship", "gull"):  # of three, two and one of the four documents
    seen[word] = [round(float(index.get_scores([word])[0]), 2) for index in (okapi, lucene)]
    print(f"{word}: the first document scores {seen[word][0]} in rank_bm25 and {seen[word][1]} in bm25s")
assert seen["ship"][0] == 0 < seen["sea"][0] < seen["gull"][0]
assert seen["sea"][1] < seen["ship"][1] < seen["gull"][1]
assert seen == {"sea": [0.14, 0.14], "ship": [0.0, 0.28], "gull": [0.85, 0.48]}
PY
