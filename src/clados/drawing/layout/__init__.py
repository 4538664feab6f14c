"""Boxes, columns, joins and arrows: how a drawing is laid out, whatever it shows."""
