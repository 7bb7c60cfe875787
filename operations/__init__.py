"""Commands for a deployed stack, run by an operator with the operator's own permissions."""
