"""What KMS keys do differently in the flow: observe, watch and write."""
