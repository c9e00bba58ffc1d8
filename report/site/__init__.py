"""From Markdown to the published site."""
