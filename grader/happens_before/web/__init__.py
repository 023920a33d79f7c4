"""The book: the chapters as pages, written to a directory or served beside the reader's own code."""
