#!/usr/bin/env bash
# pretty_midi: of two overlapping notes of one pitch the longer is cut off where the shorter ends.
# Expected: what PrettyMIDI writes PrettyMIDI reads; the file has two note-ons and two note-offs of the pitch.
# Seen: the first note-off ends every open note of its pitch and the second is dropped: notes at 0-1 and 0.5-3 s come
#   back as 0-1 and 0.5-1, without a warning, and the piece is two seconds shorter. Known to the library's issue
#   tracker (163).
# Versions: pretty_midi 0.2.11.post0, mido 1.3.3, numpy 2.4.6.
# Date: 2026-12-01.
set -euo pipefail
export PYTHONWARNINGS=ignore
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pretty_midi==0.2.11.post0 mido==1.3.3 numpy==2.4.6
cd "$work"
venv/bin/python - <<'PY'
import mido
from pretty_midi import Instrument, Note, PrettyMIDI

piece, piano = PrettyMIDI(), Instrument(program=0)
piano.notes = [Note(100, 60, 0, 1), Note(100, 60, 0.5, 3)]
piece.instruments.append(piano)
piece.write("two.mid")
loud = [m.velocity for track in mido.MidiFile("two.mid").tracks for m in track if m.type in ("note_on", "note_off")]
read = PrettyMIDI("two.mid")
notes = [(round(float(note.start), 2), round(float(note.end), 2)) for note in read.instruments[0].notes]
ends = piece.get_end_time(), float(read.get_end_time())
print(f"velocities in the file: {loud}; notes read: {notes}; the piece ends at {ends[0]} and {ends[1]}")
assert sorted(loud) == [0, 0, 100, 100]
assert notes == [(0, 1), (0.5, 1)] and ends == (3, 1)
PY
