"""The litmus lab: tiny programs on the reader's own processor, beside all that C allows them."""
