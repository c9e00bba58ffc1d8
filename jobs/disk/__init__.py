"""The only room that touches files: whole writes, regular reads, exchange of folders."""
