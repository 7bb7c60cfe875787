"""KMS keys: what the flow does differently for them."""
