"""The report: measures of each unit, Markdown pages and the static site."""
