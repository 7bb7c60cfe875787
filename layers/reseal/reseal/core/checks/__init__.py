"""Step 3: the checks, one function each, and the catalogue that names them."""
