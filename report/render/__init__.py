"""Colours, spans, characters, charts and templates."""
