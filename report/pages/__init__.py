"""From a view to Markdown: one module a page."""
