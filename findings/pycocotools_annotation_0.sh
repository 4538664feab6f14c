#!/usr/bin/env bash
# pycocotools: a found box whose true box has the id 0 counts as missed.
# Expected: the ids of annotations are names; predictions equal to the true boxes have AP and AR of 1, whether ids
#   start from 0 or from 1.
# Seen: COCOeval writes down for each prediction the id of the box it was matched with, and reads 0 as "none": with
#   ids from 0 the box of annotation 0 is a miss and its prediction a false alarm. Two perfect predictions get AP
#   0.2525 and AR 0.5; of a single one nothing is left. No warning. Ids counted by enumerate() are such ids.
# Versions: pycocotools 2.0.11, numpy 2.4.6.
# Date: 2026-11-30.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pycocotools==2.0.11 numpy==2.4.6
cd "$work"
venv/bin/python - <<'PY'
import contextlib
import io

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def scores(images, first):
    """AP and AR (100 predictions an image) of one perfect box an image, annotations numbered from `first`."""
    box = {"category_id": 1, "bbox": [10, 10, 40, 40]}
    truth, told = COCO(), io.StringIO()
    truth.dataset = {
        "images": [{"id": image, "width": 100, "height": 100} for image in range(1, images + 1)],
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [
            box | {"id": first + image - 1, "image_id": image, "area": 1600, "iscrowd": 0}
            for image in range(1, images + 1)
        ],
    }
    with contextlib.redirect_stdout(told):
        truth.createIndex()
        found = truth.loadRes([box | {"image_id": image, "score": 0.9} for image in range(1, images + 1)])
        judge = COCOeval(truth, found, "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return [round(float(judge.stats[place]), 4) for place in (0, 8)]


seen = {(images, first): scores(images, first) for images in (1, 2) for first in (0, 1)}
for (images, first), (precision, recall) in seen.items():
    print(f"{images} perfect predictions, annotation ids from {first}: AP {precision}, AR {recall}")
assert seen == {(1, 0): [0.0, 0.0], (1, 1): [1.0, 1.0], (2, 0): [0.2525, 0.5], (2, 1): [1.0, 1.0]}
PY
